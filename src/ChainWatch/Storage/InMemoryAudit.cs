namespace ChainWatch;

/// <summary>The audit log of an <see cref="InMemoryWatchStore"/>, whose lock guards it.</summary>
internal sealed class InMemoryAudit(TimeProvider time)
{
    private readonly List<AuditEntry> _entries = [];

    public AuditHead Head => _entries.Count == 0 ? AuditHead.Empty : new AuditHead(_entries[^1].Id, _entries[^1].Hash);

    public void Append(string action, string entity, string? details)
    {
        DateTimeOffset now = time.GetUtcNow();
        AuditEntry entry = new()
        {
            Id = _entries.Count + 1,
            At = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)),
            Action = action,
            Entity = entity,
            Actor = AuditActor.Current,
            Details = details,
            Hash = "",
        };
        _entries.Add(entry with { Hash = entry.ComputeHash(Head.Hash) });
    }

    // Entry n stands at index n - 1.
    public AuditEntry[] After(long id) => [.. _entries.Skip((int)Math.Clamp(id, 0, _entries.Count))];
}
