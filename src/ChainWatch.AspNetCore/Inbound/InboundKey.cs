namespace ChainWatch.AspNetCore;

/// <summary>Whose bucket: a client's, for all routes or for one that has a limit of its own.</summary>
/// <param name="Name">The client's address or user name; <see langword="null"/> for all together.</param>
/// <param name="Route">The route with a limit of its own; <see langword="null"/> for all others.</param>
internal readonly record struct InboundKey(string? Name, InboundRouteOptions? Route);
