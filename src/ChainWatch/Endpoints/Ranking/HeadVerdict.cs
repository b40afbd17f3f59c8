namespace ChainWatch;

/// <summary>How a head stands to what was served before.</summary>
internal enum HeadVerdict
{
    /// <summary>It is the head that was served, or follows closely on it.</summary>
    Follows,

    /// <summary>It is behind what was served.</summary>
    Behind,

    /// <summary>It is far ahead of what was served, or the first of all.</summary>
    Leaps,
}
