namespace Microsoft.AspNetCore.Builder
{
    public static class ChainWatchEndpointRouteBuilderExtensions
    {
        public static RouteGroupBuilder MapChainWatch(this IEndpointRouteBuilder endpoints, string prefix = "");
    }
}
