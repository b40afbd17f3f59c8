using ChainWatch;
using Npgsql;

namespace DepositMonitor;

/// <summary>
/// A small HTTP interface to the watchlist and the balances. It asks nobody who they are: leave it on the loopback address, or put your own authorization before it.
/// </summary>
public static class AddressEndpoints
{
    public static void MapAddresses(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/addresses", AddAsync);
        endpoints.MapGet("/addresses/{chain}/{address}", FindAsync);
        endpoints.MapDelete("/addresses/{chain}/{address}", RemoveAsync);
    }

    /// <summary>Watches an address. With <c>since</c>, the answer comes when the blocks from that height on have been read for it.</summary>
    private static async Task<IResult> AddAsync(AddressRequest request, IWatchlist watchlist, CancellationToken cancellationToken)
    {
        try
        {
            PaymentReference? reference = request.ReferenceType is null && request.ReferenceId is null
                ? null
                : PaymentReference.For(request.ReferenceType ?? "", request.ReferenceId ?? "");
            bool added = request.Since is long since
                ? await watchlist.AddAsync(request.Chain, request.Address, reference, since, cancellationToken)
                : await watchlist.AddAsync(request.Chain, request.Address, reference, cancellationToken);
            return Results.Json(new AddressAdded(request.Chain, request.Address, added), MonitorJson.Default.AddressAdded, statusCode: added ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
        catch (Exception exception) when (exception is UnknownChainException or AddressFormatException or ArgumentException)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (WatchConflictException exception)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    /// <summary>What is known of an address: its reference, and its balances in base units.</summary>
    private static async Task<IResult> FindAsync(string chain, string address, IWatchlist watchlist, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        try
        {
            WatchedAddress? watched = await watchlist.FindAsync(chain, address, cancellationToken);
            if (watched is null)
            {
                return Results.Problem($"{address} is not watched on chain '{chain}'.", statusCode: StatusCodes.Status404NotFound);
            }

            List<AddressBalance> balances = [];
            await using NpgsqlCommand command = database.CreateCommand("select asset, pending::text, confirmed::text from deposit_balance where chain = $1 and address = $2 order by asset");
            command.Parameters.AddWithValue(chain);
            command.Parameters.AddWithValue(watched.Address);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                balances.Add(new AddressBalance(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
            }

            AddressFound found = new(watched.Address, watched.Reference?.Type, watched.Reference?.Id, watched.FromHeight, watched.AddedAt, balances);
            return Results.Json(found, MonitorJson.Default.AddressFound);
        }
        catch (Exception exception) when (exception is UnknownChainException or AddressFormatException)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>Ends the watching of an address. What was found stays.</summary>
    private static async Task<IResult> RemoveAsync(string chain, string address, IWatchlist watchlist, CancellationToken cancellationToken)
    {
        try
        {
            return await watchlist.RemoveAsync(chain, address, cancellationToken)
                ? Results.NoContent()
                : Results.Problem($"{address} is not watched on chain '{chain}'.", statusCode: StatusCodes.Status404NotFound);
        }
        catch (Exception exception) when (exception is UnknownChainException or AddressFormatException)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest);
        }
    }
}
