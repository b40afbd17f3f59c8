namespace ChainWatch;

/// <summary>What a batch does to payments, before any of them is confirmed by it.</summary>
public sealed class PaymentChanges
{
    /// <summary>Payments that were not stored before.</summary>
    public required IReadOnlyList<Payment> Inserted { get; init; }

    /// <summary>Payments that were, as they are now.</summary>
    public required IReadOnlyList<Payment> Updated { get; init; }

    /// <summary>The steps, in the order in which they are to be numbered.</summary>
    public required IReadOnlyList<PaymentTransition> Transitions { get; init; }

    /// <summary>
    /// Whose outputs were found, and from which block on any may have been spent by one that was read without knowing of them; <see langword="null"/> where no output is among them.
    /// </summary>
    /// <param name="format">The chain's format.</param>
    public (IReadOnlyList<AddressKey> Keys, long FromHeight)? FoundOutputs(ChainFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        Payment[] outputs = [.. Transitions.Select(static one => one.Payment).Where(payment => format.OutputOf(payment.Id) is not null)];
        return outputs.Length == 0 ? null : ([.. outputs.Select(static payment => payment.To).Distinct()], outputs.Min(static payment => payment.Block.Height));
    }
}
