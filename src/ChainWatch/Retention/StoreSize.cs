namespace ChainWatch;

/// <summary>How large a store is.</summary>
/// <param name="Allocated">Bytes of its tables and indexes on disk.</param>
/// <param name="Used">Bytes of them that hold something; the rest is free for new rows. Where that cannot be told yet, all of them.</param>
/// <param name="Database">Bytes of the whole database, whoever they belong to.</param>
public readonly record struct StoreSize(long Allocated, long Used, long Database);
