using ChainWatch;

namespace Quickstart;

/// <summary>Shows what is going on.</summary>
public interface IView
{
    /// <summary>Begins to show it, for a while.</summary>
    Task ShowAsync(Scene scene, CancellationToken cancellationToken);

    /// <summary>Something happened on the chain, as the chain itself tells it.</summary>
    void Chain(string what);

    /// <summary>The handler was told of a payment.</summary>
    void Payment(PaymentEventKind kind, Payment payment);

    /// <summary>Shows how it ended.</summary>
    void Summary(Summary summary);
}
