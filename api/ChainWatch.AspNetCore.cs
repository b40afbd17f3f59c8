namespace ChainWatch.AspNetCore
{
    public sealed class InboundLimitOptions
    {
        public InboundLimitOptions();
        public double RequestsPerSecond { get; set; }
        public int? Burst { get; set; }
    }

    public sealed class InboundOptions
    {
        public const string Section = "ChainWatch:Inbound";
        public InboundOptions();
        public IList<InboundRouteOptions> Routes { get; }
        public IList<string> AllowedAddresses { get; }
        public IList<string> SkippedPaths { get; }
        public IList<string> TrustedProxies { get; }
        public InboundLimitOptions PerAddress { get; }
        public InboundLimitOptions PerUser { get; }
        public int MaxBodyBytes { get; set; }
        public int MaxClients { get; set; }
    }

    public sealed class InboundRouteOptions
    {
        public InboundRouteOptions();
        public InboundLimitOptions? PerAddress { get; set; }
        public InboundLimitOptions? PerUser { get; set; }
        public InboundLimitOptions? Total { get; set; }
        public int? MaxBodyBytes { get; set; }
        public string? Route { get; set; }
    }
}
namespace Microsoft.AspNetCore.Builder
{
    public static class ChainWatchEndpointRouteBuilderExtensions
    {
        public static RouteGroupBuilder MapChainWatch(this IEndpointRouteBuilder endpoints, string prefix = "");
    }

    public static class InboundApplicationBuilderExtensions
    {
        public static IApplicationBuilder UseChainWatchInbound(this IApplicationBuilder app);
    }
}
namespace Microsoft.Extensions.DependencyInjection
{
    public static class InboundChainWatchBuilderExtensions
    {
        public static ChainWatchBuilder AddInbound(this ChainWatchBuilder builder, Action<InboundOptions>? configure = null);
    }
}
