namespace ChainWatch;

/// <summary>An operator's wish that every instance takes the next of an endpoint's keys into use. It holds no key.</summary>
/// <param name="Id">Its number: it grows.</param>
/// <param name="Chain">The chain's name.</param>
/// <param name="Endpoint">The endpoint's name.</param>
public readonly record struct KeyRotationRequest(long Id, string Chain, string Endpoint);
