namespace ChainWatch;

/// <summary>How the outbox stands.</summary>
/// <param name="Pending">Events that wait for delivery, the parked ones not counted. A store may estimate it where there are very many: PostgreSQL counts exactly up to 100,000.</param>
/// <param name="OldestAt">When the oldest of them occurred; <see langword="null"/> when none waits.</param>
/// <param name="Parked">Events that failed too often and wait for a person.</param>
public readonly record struct OutboxState(long Pending, DateTimeOffset? OldestAt, long Parked);
