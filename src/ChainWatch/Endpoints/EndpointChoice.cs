namespace ChainWatch;

/// <summary>
/// Which endpoints may serve a question. Where the same thing must be heard from somebody else (the second pass, a quorum), the question is asked under a choice, and whatever picks endpoints
/// below it keeps to that, so that no chain family has to pass it on. <see cref="EndpointPool{TEndpoint}"/> does; a source that picks its endpoints itself asks <see cref="Allows"/>.
/// </summary>
public static class EndpointChoice
{
    private static readonly AsyncLocal<Func<string, bool>?> Current = new();

    /// <summary>True where any endpoint may serve what is being asked, which is the rule.</summary>
    public static bool IsFree => Current.Value is null;

    /// <summary>True where this endpoint may serve what is being asked.</summary>
    /// <param name="endpoint">The endpoint's configured name.</param>
    public static bool Allows(string endpoint) => Current.Value is not { } allows || allows(endpoint);

    /// <summary>Asks a question of the endpoints that are allowed, and of no other.</summary>
    /// <param name="allows">Says by an endpoint's configured name whether it may serve.</param>
    /// <param name="question">The question.</param>
    /// <param name="cancellationToken">Refuses a question that is not begun yet; the question ends itself.</param>
    public static async ValueTask<T> AskAsync<T>(Func<string, bool> allows, Func<ValueTask<T>> question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(allows);
        ArgumentNullException.ThrowIfNull(question);
        cancellationToken.ThrowIfCancellationRequested();

        // What an asynchronous method sets here is gone for its caller when it returns.
        Current.Value = allows;
        return await question();
    }
}
