namespace ChainWatch;

/// <summary>Sees every request to every endpoint. Metrics hang off it; it must not throw, nor take long.</summary>
public interface IEndpointObserver
{
    /// <summary>A request came to its end.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <param name="endpoint">The endpoint's configured name.</param>
    /// <param name="method">The protocol's method; <c>batch</c> where several went together.</param>
    /// <param name="failure">What its failure means; <see langword="null"/> when it was answered.</param>
    /// <param name="duration">How long it took, without the time that it waited for its turn.</param>
    void RequestCompleted(string chain, string endpoint, string method, EndpointErrorKind? failure, TimeSpan duration);

    /// <summary>An answer was refused because it failed an integrity check.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <param name="endpoint">The endpoint's configured name.</param>
    /// <param name="check">The check's name; there is a fixed number of them.</param>
    void AnswerRefused(string chain, string endpoint, string check);

    /// <summary>An endpoint is asked after others from now on, or not at all. The default does nothing.</summary>
    /// <param name="chain">The chain's name.</param>
    /// <param name="endpoint">The endpoint's configured name.</param>
    /// <param name="reasonKind">Why: one of the words of <see cref="EndpointStanding.ReasonKind"/>.</param>
    void EndpointDemoted(string chain, string endpoint, string reasonKind)
    {
    }
}
