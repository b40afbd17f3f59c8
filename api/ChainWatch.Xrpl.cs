namespace ChainWatch.Xrpl
{
    public sealed class XrplFormat : ChainFormat
    {
        public override bool SharesBalances { get; }
        public override int AddressKeyLength { get; }
        public static XrplFormat MainNet { get; }
        public static XrplFormat TestNet { get; }
        public override AddressKey BalanceOwnerOf(in AddressKey key);
        public override AddressKey ParseAddress(string text);
        public override AddressKey? PartOf(in AddressKey owner, string? tag);
        public override string FormatAddress(in AddressKey key);
        public override string FormatHash(in Hash256 hash);
        public string FormatXAddress(in AddressKey key);
    }

    public sealed class XrplOptions : ChainOptions
    {
        public XrplOptions();
        public IList<XrplTokenOptions> Tokens { get; }
        public bool Native { get; set; }
        public bool RequireTag { get; set; }
        public long NetworkId { get; set; }
        protected override void Read(ConfigurationReader reader);
        protected override void Validate(string path, ConfigurationErrors errors);
    }

    public sealed class XrplTokenOptions
    {
        public const int DefaultDecimals = 40;
        public XrplTokenOptions();
        public int? Decimals { get; set; }
        public string? Currency { get; set; }
        public string? IssuanceId { get; set; }
        public string? Issuer { get; set; }
        public string? Symbol { get; set; }
    }

    public static class XrplTokenOptionsExtensions
    {
        public static void Add(this IList<XrplTokenOptions> tokens, string symbol, string currency, string issuer);
        public static void Add(this IList<XrplTokenOptions> tokens, string symbol, string issuanceId, int decimals);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class XrplChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddXrpl(this ChainWatchBuilder builder);
        public static ChainWatchBuilder AddXrpl(this ChainWatchBuilder builder, string name, Action<XrplOptions>? configure = null);
    }
}
