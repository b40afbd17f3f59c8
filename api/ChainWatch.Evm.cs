namespace ChainWatch.Evm
{
    public enum EvmCatchUp
    {
        Logs = 0,
        Receipts = 1,
    }

    [Flags]
    public enum EvmChecks
    {
        None = 0,
        ReceiptCount = 1,
        LogIndex = 2,
        Bloom = 4,
        HeaderHash = 8,
        TransactionsRoot = 16,
        ReceiptsRoot = 32,
    }

    public sealed class EvmFormat : ChainFormat
    {
        public override int AddressKeyLength { get; }
        public static EvmFormat Instance { get; }
        public override AddressKey ParseAddress(string text);
        public override string FormatAddress(in AddressKey key);
        public override string FormatHash(in Hash256 hash);
        public static string FormatChecksum(in AddressKey key);
    }

    public sealed class EvmOptions : ChainOptions
    {
        public EvmOptions();
        public EvmCatchUp CatchUp { get; set; }
        public EvmChecks SkippedChecks { get; set; }
        public IList<EvmTokenOptions> Tokens { get; }
        public TimeSpan FinalCacheExpiry { get; set; }
        public bool InternalTransfers { get; set; }
        public bool Native { get; set; }
        public bool Withdrawals { get; set; }
        public int FinalCacheBytes { get; set; }
        public int NativeDecimals { get; set; }
        public long? ChainId { get; set; }
        public string NativeSymbol { get; set; }
        public string? GenesisHash { get; set; }
        protected override void Read(ConfigurationReader reader);
        protected override void Validate(string path, ConfigurationErrors errors);
    }

    public sealed class EvmTokenOptions
    {
        public EvmTokenOptions();
        public int? Decimals { get; set; }
        public string? Contract { get; set; }
        public string? Symbol { get; set; }
    }

    public static class EvmTokenOptionsExtensions
    {
        public static void Add(this IList<EvmTokenOptions> tokens, string symbol, string contract, int decimals);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class EvmChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddEvm(this ChainWatchBuilder builder);
        public static ChainWatchBuilder AddEvm(this ChainWatchBuilder builder, string name, Action<EvmOptions>? configure = null);
    }
}
