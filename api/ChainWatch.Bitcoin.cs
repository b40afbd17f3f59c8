namespace ChainWatch.Bitcoin
{
    public sealed class BitcoinOptions : ChainOptions
    {
        public BitcoinOptions();
        public IList<string> Zmq { get; }
        public TimeSpan ScanTimeout { get; set; }
        public bool LongPoll { get; set; }
        public bool Pending { get; set; }
        public bool VerifyWitness { get; set; }
        public int? PublicKeyHashVersion { get; set; }
        public int? ScriptHashVersion { get; set; }
        public string Network { get; set; }
        public string? AddressPrefix { get; set; }
        public string? ChainName { get; set; }
        public string? GenesisHash { get; set; }
        public string? Symbol { get; set; }
        protected override void Read(ConfigurationReader reader);
        protected override void Validate(string path, ConfigurationErrors errors);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class BitcoinChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddBitcoin(this ChainWatchBuilder builder);
        public static ChainWatchBuilder AddBitcoin(this ChainWatchBuilder builder, string name, Action<BitcoinOptions>? configure = null);
    }
}
