namespace ChainWatch.Postgres;

/// <summary>A place in the order in which events are due. It is replaced as a whole, by whichever delivery comes last: it only says where to look first.</summary>
internal sealed record DeliveryPlace(DateTimeOffset DueAt, long Sequence);
