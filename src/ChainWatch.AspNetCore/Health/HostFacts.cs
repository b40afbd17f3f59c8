using System.Reflection;

namespace ChainWatch.AspNetCore;

/// <summary>What the detailed health answer and the status page tell about the process itself.</summary>
internal sealed class HostFacts
{
    private readonly TimeProvider _time;
    private readonly long _startedAt;

    public HostFacts(string instance, IWatchStore store, StoreSpace space, WalletBalances wallets, TimeProvider timeProvider, long startedAt)
    {
        Instance = instance;
        Store = store.GetType().Name;
        Space = space;
        Wallets = wallets;
        _time = timeProvider;
        _startedAt = startedAt;
    }

    public string Instance { get; }

    public string Store { get; }

    public StoreSpace Space { get; }

    public WalletBalances Wallets { get; }

    public string Version { get; } =
        typeof(ChainWatchHealth).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public TimeSpan Uptime => _time.GetElapsedTime(_startedAt);

    /// <summary>Bytes that are free where the process lives; 0 where the platform does not tell.</summary>
    public static long DiskFree => Disk(static drive => drive.AvailableFreeSpace);

    /// <summary>Bytes that there are where the process lives; 0 where the platform does not tell.</summary>
    public static long DiskTotal => Disk(static drive => drive.TotalSize);

    private static long Disk(Func<DriveInfo, long> read)
    {
        try
        {
            return read(new DriveInfo(AppContext.BaseDirectory));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return 0;
        }
    }
}
