namespace ChainWatch.Cardano.Tests;

/// <summary>Folds the events of payments as an application would.</summary>
internal sealed class EventLog
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _standing = [];
    private readonly HashSet<string> _detected = [];
    private readonly List<string> _wrong = [];

    /// <summary>What should not have been told.</summary>
    public IReadOnlyList<string> Wrong
    {
        get
        {
            lock (_lock)
            {
                return [.. _wrong];
            }
        }
    }

    /// <summary>The payments that stand.</summary>
    public IReadOnlyCollection<string> Standing()
    {
        lock (_lock)
        {
            return [.. _standing];
        }
    }

    private void Take(PaymentEventKind kind, string payment)
    {
        lock (_lock)
        {
            bool right = kind switch
            {
                PaymentEventKind.Detected => _detected.Add(payment) && _standing.Add(payment),
                PaymentEventKind.Retracted => _standing.Remove(payment),
                _ => _standing.Contains(payment),
            };
            if (!right)
            {
                _wrong.Add($"{kind} {payment}");
            }
        }
    }

    internal sealed class Handler(EventLog log) : IPaymentHandler
    {
        public Task HandleAsync(PaymentContext context, CancellationToken cancellationToken)
        {
            log.Take(context.Kind, $"{context.Payment.TransactionId}/{context.Payment.Id.Ordinal}");
            return Task.CompletedTask;
        }
    }
}
