namespace ChainWatch.Cardano;

/// <summary>Reads the messages of one connection, one at a time: quickly where they are spelled as usual, with care where not.</summary>
internal sealed class MessageReader
{
    private readonly MessageScan _scan = new();

    /// <summary>Reads a message, which owns the bytes from then on.</summary>
    /// <exception cref="CardanoFormatException">It is not of the protocol's shape.</exception>
    /// <exception cref="System.Text.Json.JsonException">It is no JSON.</exception>
    public OgmiosMessage Read(PooledBytes body)
    {
        OgmiosMessage message = new(body);
        try
        {
            if (!_scan.TryRead(body.Memory.Span, message))
            {
                message.Block?.Dispose();
                message.Block = null;
                MessageWalk.Read(body.Memory.Span, message);
            }

            return message;
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }
}
