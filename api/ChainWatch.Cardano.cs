namespace ChainWatch.Cardano
{
    public sealed class CardanoOptions : ChainOptions
    {
        public CardanoOptions();
        public IList<CardanoTokenOptions> Tokens { get; }
        public IList<string> Checkpoints { get; }
        public bool Native { get; set; }
        public int Pipelining { get; set; }
        public string MatchBy { get; set; }
        public string Network { get; set; }
        protected override void Read(ConfigurationReader reader);
        protected override void Validate(string path, ConfigurationErrors errors);
    }

    public sealed class CardanoTokenOptions
    {
        public CardanoTokenOptions();
        public int Decimals { get; set; }
        public string? AssetName { get; set; }
        public string? Policy { get; set; }
        public string? Symbol { get; set; }
    }

    public static class CardanoTokenOptionsExtensions
    {
        public static void Add(this IList<CardanoTokenOptions> tokens, string symbol, string policy, string assetName, int decimals);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class CardanoChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddCardano(this ChainWatchBuilder builder);
        public static ChainWatchBuilder AddCardano(this ChainWatchBuilder builder, string name, Action<CardanoOptions>? configure = null);
    }
}
