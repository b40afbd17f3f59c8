using Npgsql;

namespace DepositMonitor;

/// <summary>Creates the application's own tables at start. A database that is not there yet is waited for: ChainWatch does so too, and says so in its health answers.</summary>
public sealed partial class DepositTables(NpgsqlDataSource database, TimeProvider time, ILogger<DepositTables> logger) : BackgroundService
{
    private const string Sql = """
        begin;
        select pg_advisory_xact_lock(hashtext('deposit_monitor'));
        create table if not exists deposit_event (
            sequence bigint primary key,
            chain text not null,
            tx_id text not null,
            ordinal bigint not null,
            kind text not null,
            address text not null,
            asset text not null,
            amount numeric(78, 0) not null,
            reference_type text,
            reference_id text,
            block_height bigint not null,
            block_hash text not null,
            occurred_at timestamptz not null,
            recorded_at timestamptz not null default now()
        );
        create index if not exists deposit_event_by_payment on deposit_event (chain, tx_id, ordinal, sequence);
        create table if not exists deposit_balance (
            chain text not null,
            address text not null,
            asset text not null,
            pending numeric not null, -- a sum can have more digits than the largest amount
            confirmed numeric not null,
            updated_at timestamptz not null default now(),
            primary key (chain, address, asset)
        );
        commit;
        """;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the tables are there.</summary>
    public Task Ready => _ready.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlCommand command = database.CreateCommand(Sql);
                await command.ExecuteNonQueryAsync(stoppingToken);
                _ready.TrySetResult();
                return;
            }
            catch (NpgsqlException exception)
            {
                LogWaiting(logger, Wait, exception.Message);
                await Task.Delay(Wait, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The deposit tables could not be created; it is tried again in {Wait}: {Error}", EventName = "DepositTablesWaiting")]
    private static partial void LogWaiting(ILogger logger, TimeSpan wait, string error);
}
