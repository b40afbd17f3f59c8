using System.Net;
using System.Net.Sockets;

namespace ChainWatch.TestInfrastructure;

/// <summary>Finds a port of 127.0.0.1 that nobody listens on.</summary>
public static class FreePort
{
    /// <summary>Returns such a port.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
