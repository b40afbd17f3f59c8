namespace ChainWatch.Blockbook.Tests;

/// <summary>By which URLs an instance is asked.</summary>
public enum Way
{
    /// <summary>By HTTP alone.</summary>
    Http,

    /// <summary>By both.</summary>
    Both,

    /// <summary>By a WebSocket alone.</summary>
    Socket,
}
