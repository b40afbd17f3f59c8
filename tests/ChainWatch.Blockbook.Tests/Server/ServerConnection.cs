using System.Net.WebSockets;
using System.Text;

namespace ChainWatch.Blockbook.Tests;

/// <summary>One client's connection to the replay server.</summary>
internal sealed class ServerConnection(WebSocket socket) : IDisposable
{
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>The id under which new blocks are announced; <see langword="null"/> while nobody asked for it.</summary>
    public string? NewBlockId { get; set; }

    public string? AddressesId { get; set; }

    /// <summary>The addresses of the last subscription: each one replaces the one before.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    public int Messages { get; set; }

    public HashSet<string> Descriptors { get; } = new(StringComparer.Ordinal);

    public void Dispose() => _sending.Dispose();

    public async Task SendAsync(string text)
    {
        try
        {
            await _sending.WaitAsync();
            try
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            // The other end is gone, perhaps in the middle of this: then even the release comes too late.
        }
    }

    public void Abort() => socket.Abort();

    public async Task<string?> ReceiveAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, CancellationToken.None);
                return null;
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                return part.MessageType == WebSocketMessageType.Text ? Encoding.UTF8.GetString(buffer, 0, length) : "";
            }
        }
    }
}
