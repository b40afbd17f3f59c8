namespace ChainWatch.Bitcoin.Tests;

/// <summary>Whose ways a fake node has.</summary>
public enum NodeDialect
{
    /// <summary>JSON-RPC 2.0: HTTP 200 for errors too, result or error (Bitcoin Core from 28, Knots).</summary>
    Modern,

    /// <summary>JSON-RPC 1.1: both fields, HTTP 500 or 404 for errors (older ones, litecoind).</summary>
    Legacy,

    /// <summary>Flags instead of verbosities, an own code for unknown blocks (bcoin).</summary>
    Bcoin,

    /// <summary>Answers getblock with an object, whatever was asked for (blvm-node).</summary>
    Objects,
}
