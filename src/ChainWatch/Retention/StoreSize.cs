namespace ChainWatch;

/// <summary>How large a store is.</summary>
/// <param name="Allocated">Bytes of its tables and indexes on disk.</param>
/// <param name="Used">About how many bytes of them hold something; the rest is free for new rows. Where that cannot be told yet, all of them.</param>
/// <param name="Database">Bytes of the whole database, whoever they belong to.</param>
/// <param name="BytesPerBlock">About how many bytes the header of a block takes, with its part of the indexes.</param>
/// <param name="BytesPerEvent">About how many bytes an event takes.</param>
public readonly record struct StoreSize(long Allocated, long Used, long Database, long BytesPerBlock, long BytesPerEvent);
