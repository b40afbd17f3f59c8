using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.TestInfrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChainWatch.Benchmarks.Live;

/// <summary>How long registering a million addresses takes, and how long a commit waits meanwhile, until it has learnt of what was registered and is done.</summary>
internal sealed class RegistrationRun(Arguments arguments)
{
    public async Task RunAsync()
    {
        var addresses = arguments.Number("addresses", 1_000_000);
        await using var postgres = await PostgresServer.StartNewAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB" },
        });
        using var host = EvmHost.Build(new ChainShape(), 1, new Uri("http://127.0.0.1:1"), postgres.ConnectionString);
        var store = host.Services.GetRequiredService<IWatchStore>();
        var chain = host.Services.GetRequiredService<ChainRegistry>().Chains[0].Chain;
        await store.InitializeAsync(CancellationToken.None);
        var term = await store.RaiseTermAsync(WatchScope.For(chain, 0), "benchmark", CancellationToken.None);
        List<WatchRequest> requests = [.. Enumerable.Range(0, addresses).Select(number => new WatchRequest
        {
            Address = "0x" + Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(number)).AsSpan(12)),
            Reference = PaymentReference.For("user", number.ToString(CultureInfo.InvariantCulture)),
        })];

        using CancellationTokenSource stop = new();
        List<double> waits = [];
        var committing = CommitAsync(store, chain, term, waits, stop.Token);
        await Task.Delay(1000);
        var quiet = Figures.Quantile(waits, 0.5);
        waits.Clear();
        var started = Stopwatch.GetTimestamp();
        await host.Services.GetRequiredService<IWatchlist>().AddAsync(chain.Name, requests, CancellationToken.None);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await committing;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {addresses} addresses in {seconds:f1} s; {waits.Count} commits meanwhile, p50 {Figures.Quantile(waits, 0.5):f1} ms, longest {waits.Max():f0} ms"));
        Figures.Tell("Registration", "commit-meanwhile-p50", Figures.Milliseconds(quiet), Figures.Milliseconds(Figures.Quantile(waits, 0.5)), Figures.Quantile(waits, 0.5) / quiet, "none");
    }

    private static async Task CommitAsync(IWatchStore store, Chain chain, long term, List<double> waits, CancellationToken cancellationToken)
    {
        ChainPoint? cursor = null;
        var watched = AddressSet.Create(chain.Format.AddressKeyLength);
        for (var height = 1L; !cancellationToken.IsCancellationRequested; height++)
        {
            BlockHeader header = new() { Point = new ChainPoint(height, Hash(height)), ParentHash = Hash(height - 1) };
            var started = Stopwatch.GetTimestamp();
            CommitResult result;
            do
            {
                CommitBatch batch = new()
                {
                    Chain = chain,
                    Term = term,
                    Cursor = cursor,
                    WatchSequence = watched.Sequence,
                    Blocks = [header],
                    Payments = [],
                    Coverage = [new CoverageRange(height, height, "node", 1)],
                    Marks = new ChainMarks(height, -1, -1),
                    At = DateTimeOffset.UtcNow,
                };
                result = await store.CommitAsync(batch, CancellationToken.None);
                if (result.Outcome == CommitOutcome.WatchlistMoved)
                {
                    WatchChanges page;
                    do
                    {
                        page = await store.ReadWatchChangesAsync(chain, watched.Sequence, 10_000, CancellationToken.None);
                        watched = watched.Apply(page);
                    }
                    while (page.More);
                }
            }
            while (result.Outcome != CommitOutcome.Committed);

            waits.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            cursor = header.Point;
            await Task.WhenAny(Task.Delay(50, cancellationToken));
        }
    }

    private static Hash256 Hash(long number) => new(SHA256.HashData(BitConverter.GetBytes(number)));
}
