using System.Text.Json;

namespace ChainWatch.Cardano;

/// <summary>One server. A connection to it has a place in the chain, so each reading has one of its own, and each proves itself: behind one URL there may be many nodes.</summary>
internal sealed class OgmiosEndpoint : IPooledEndpoint
{
    private readonly CardanoNetwork _network;
    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly HashSet<OgmiosConnection> _open = [];
    private SlotClock? _clock;

    /// <param name="client">The client, with the endpoint's limits.</param>
    /// <param name="network">The network that it must be of.</param>
    public OgmiosEndpoint(EndpointClient client, CardanoNetwork network)
    {
        Client = client;
        _network = network;
        _path = ChainWatchConfiguration.ChainPath(client.Chain);
    }

    public EndpointClient Client { get; }

    public string Name => Client.Name;

    /// <summary>The time of its slots, as far as it told.</summary>
    public SlotClock Clock => Volatile.Read(ref _clock) ?? SlotClock.Unknown;

    /// <summary>Nothing to do: each connection proves itself when it is opened.</summary>
    public ValueTask ConnectAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Opens a connection, and proves that it leads to a node of the right network.</summary>
    /// <exception cref="EndpointException">It did not answer.</exception>
    /// <exception cref="EndpointRefusedException">It is of another network.</exception>
    public async ValueTask<OgmiosConnection> OpenAsync(CancellationToken cancellationToken)
    {
        OgmiosConnection? opened = null;
        await Client.RunAsync(
            "connect",
            async cancellation =>
            {
                opened = await OgmiosConnection.OpenAsync(Client, Closed, cancellation);
                return null;
            },
            cancellationToken);
        OgmiosConnection connection = opened!;
        lock (_lock)
        {
            _open.Add(connection);
        }

        try
        {
            await ProveAsync(connection, cancellationToken);
            if (Volatile.Read(ref _clock) is null)
            {
                Volatile.Write(ref _clock, await ReadClockAsync(connection, cancellationToken));
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Asks over a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="method">The method.</param>
    /// <param name="parameters">Its parameters as a JSON object; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="tolerated">An error that counts as an answer too.</param>
    /// <exception cref="EndpointException">It did not answer as asked.</exception>
    public async ValueTask<OgmiosMessage> AskAsync(OgmiosConnection connection, string method, string? parameters, CancellationToken cancellationToken, long? tolerated = null)
    {
        OgmiosMessage? answer = null;
        await Client.RunAsync(
            method,
            async cancellation =>
            {
                answer = await connection.AskAsync(method, parameters, cancellation);
                if (answer.Kind == MessageKind.Result)
                {
                    return null;
                }

                EndpointError? error = null;
                try
                {
                    error = answer.Kind == MessageKind.Error ? OgmiosErrors.ToError(Client, method, answer) : throw new CardanoFormatException($"a step of the chain is no answer to {method}");
                }
                catch (CardanoFormatException exception)
                {
                    error = OgmiosErrors.Refused(Client, "message", exception.Message).Error;
                }

                if (error.Code is { } code && code == tolerated)
                {
                    return null;
                }

                answer.Dispose();
                return error;
            },
            cancellationToken);
        return answer!;
    }

    /// <summary>Reads a small answer.</summary>
    /// <exception cref="EndpointException">It is not of the protocol's shape.</exception>
    public T Read<T>(OgmiosMessage message, Func<JsonElement, T> read)
    {
        try
        {
            return message.Read(read);
        }
        catch (CardanoFormatException exception)
        {
            throw OgmiosErrors.Refused(Client, "message", exception.Message, exception);
        }
    }

    /// <summary>Gives up every open connection, for new ones.</summary>
    public void Drop()
    {
        OgmiosConnection[] open;
        lock (_lock)
        {
            open = [.. _open];
        }

        foreach (OgmiosConnection connection in open)
        {
            connection.Break();
        }
    }

    private void Closed(OgmiosConnection connection)
    {
        lock (_lock)
        {
            _open.Remove(connection);
        }
    }

    private async ValueTask ProveAsync(OgmiosConnection connection, CancellationToken cancellationToken)
    {
        using OgmiosMessage genesis = await AskAsync(connection, "queryNetwork/genesisConfiguration", """{"era":"shelley"}""", cancellationToken);
        long magic = Read(genesis, static result => result.GetProperty("networkMagic").GetInt64());
        if (magic != _network.Magic)
        {
            throw new EndpointRefusedException(
                $"endpoint '{Name}' serves the network with magic {magic}, but this chain is '{_network.Name}' with magic {_network.Magic}; correct its Url under {_path}:Endpoints, or {_path}:Network");
        }
    }

    /// <summary>Times are for people: without them everything goes on.</summary>
    private async ValueTask<SlotClock> ReadClockAsync(OgmiosConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            using OgmiosMessage start = await AskAsync(connection, "queryNetwork/startTime", parameters: null, cancellationToken);
            DateTimeOffset time = Read(start, static result => result.GetDateTimeOffset());
            using OgmiosMessage eras = await AskAsync(connection, "queryLedgerState/eraSummaries", parameters: null, cancellationToken);
            return Read(eras, result => SlotClock.Read(time, result));
        }
        catch (EndpointException exception) when (exception.Kind != EndpointErrorKind.Transient)
        {
            return SlotClock.Unknown;
        }
    }
}
