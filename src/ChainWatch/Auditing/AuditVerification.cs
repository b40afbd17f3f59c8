namespace ChainWatch;

/// <summary>Looks whether an audit log is as it was written.</summary>
public static class AuditVerification
{
    /// <summary>Reads a log from its first entry, and finds the first thing that is not as it was written.</summary>
    /// <param name="entries">All entries, ascending.</param>
    /// <param name="head">What the store says the newest entry is.</param>
    /// <param name="remembered">A head that was kept elsewhere, which the log must still lead through; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async ValueTask<AuditVerdict> VerifyAsync(IAsyncEnumerable<AuditEntry> entries, AuditHead head, AuditHead? remembered, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entries);
        AuditHead last = AuditHead.Empty;
        bool met = remembered is null || remembered.Value.Id == 0;
        await foreach (AuditEntry entry in entries.WithCancellation(cancellationToken))
        {
            if (entry.Id != last.Id + 1)
            {
                return AuditVerdict.Broken(last.Id + 1, $"entry {last.Id + 1} is missing: after {last.Id} comes {entry.Id}");
            }

            if (!string.Equals(entry.ComputeHash(last.Hash), entry.Hash, StringComparison.Ordinal))
            {
                return AuditVerdict.Broken(entry.Id, $"entry {entry.Id} ({entry.Action} {entry.Entity}, {entry.At:O}) was changed, or what stood before it was");
            }

            last = new AuditHead(entry.Id, entry.Hash);
            if (remembered is { } kept && kept.Id == entry.Id)
            {
                if (!string.Equals(kept.Hash, entry.Hash, StringComparison.Ordinal))
                {
                    return AuditVerdict.Broken(entry.Id, $"entry {entry.Id} is not the one that was remembered: the log was written anew");
                }

                met = true;
            }
        }

        if (!met)
        {
            return AuditVerdict.Broken(last.Id + 1, $"the log ends with entry {last.Id}, but entry {remembered!.Value.Id} is remembered: its end was cut off");
        }

        // An entry may have been appended after the head was read; one may not be missing.
        return head.Id > last.Id || (head.Id == last.Id && !string.Equals(head.Hash, last.Hash, StringComparison.Ordinal))
            ? AuditVerdict.Broken(last.Id + 1, $"the log ends with entry {last.Id}, but {head.Id} were written: its end was cut off")
            : AuditVerdict.Intact(last);
    }
}
