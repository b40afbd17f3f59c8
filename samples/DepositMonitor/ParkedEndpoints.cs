using ChainWatch;

namespace DepositMonitor;

/// <summary>Deliveries that failed too often: to look at, and to try again once what was wrong is mended. Like the other endpoints it asks nobody who they are.</summary>
public static class ParkedEndpoints
{
    private const int Most = 100;

    public static void MapParked(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/parked", async (IWatchStore store, CancellationToken cancellationToken) =>
        {
            IReadOnlyList<ParkedDelivery> parked = await store.ReadParkedAsync(Most, cancellationToken);
            return Results.Json([.. parked.Select(ParkedEvent.Of)], MonitorJson.Default.IReadOnlyListParkedEvent);
        });
        endpoints.MapPost("/parked/{sequence:long}/replay", async (long sequence, IWatchStore store, CancellationToken cancellationToken) =>
            await store.ReplayAsync(sequence, cancellationToken)
                ? Results.Accepted()
                : Results.Problem($"No delivery {sequence} is parked.", statusCode: StatusCodes.Status404NotFound));
    }
}
