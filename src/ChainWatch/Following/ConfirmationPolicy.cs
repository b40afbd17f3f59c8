namespace ChainWatch;

/// <summary>Decides for each payment when it is confirmed: the first rule that covers it, else the chain's own setting.</summary>
public sealed class ConfirmationPolicy
{
    private readonly ConfirmationRule[] _rules;

    /// <summary>Creates a policy.</summary>
    /// <param name="otherwise">What holds where no rule does.</param>
    /// <param name="rules">Tried in this order; the first that covers the payment decides.</param>
    public ConfirmationPolicy(Confirmation otherwise, params IEnumerable<ConfirmationRule> rules)
    {
        Otherwise = otherwise;
        _rules = [.. rules];
    }

    /// <summary>What holds where no rule does.</summary>
    public Confirmation Otherwise { get; }

    /// <summary>The rules, in the order in which they are tried.</summary>
    public IReadOnlyList<ConfirmationRule> Rules => _rules;

    /// <summary>When this transfer is confirmed.</summary>
    public Confirmation For(Transfer transfer)
    {
        foreach (ConfirmationRule rule in _rules)
        {
            if ((rule.Asset is null || string.Equals(rule.Asset, transfer.Asset.Symbol, StringComparison.Ordinal)) &&
                (rule.UpTo is null || transfer.Amount <= rule.UpTo.Value))
            {
                return rule.Confirmation;
            }
        }

        return Otherwise;
    }
}
