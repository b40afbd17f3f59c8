namespace ChainWatch.Blockbook
{
    public enum BlockbookLimits
    {
        Public = 0,
        None = 1,
    }

    public sealed class BlockbookOptions : ChainOptions
    {
        public BlockbookOptions();
        public BlockbookLimits Limits { get; set; }
        public IList<BlockbookTokenOptions> Tokens { get; }
        public bool InternalTransfers { get; set; }
        public bool Native { get; set; }
        public bool RawBlocks { get; set; }
        public int? Decimals { get; set; }
        public int? PublicKeyHashVersion { get; set; }
        public int? ScriptHashVersion { get; set; }
        public string Coin { get; set; }
        public string? GenesisHash { get; set; }
        public string? Shortcut { get; set; }
        public string? Symbol { get; set; }
        protected override void Read(ConfigurationReader reader);
        protected override void Validate(string path, ConfigurationErrors errors);
    }

    public sealed class BlockbookTokenOptions
    {
        public BlockbookTokenOptions();
        public int? Decimals { get; set; }
        public string? Contract { get; set; }
        public string? Symbol { get; set; }
    }

    public static class BlockbookTokenOptionsExtensions
    {
        public static void Add(this IList<BlockbookTokenOptions> tokens, string symbol, string contract, int decimals);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class BlockbookChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddBlockbook(this ChainWatchBuilder builder);
        public static ChainWatchBuilder AddBlockbook(this ChainWatchBuilder builder, string name, Action<BlockbookOptions>? configure = null);
    }
}
