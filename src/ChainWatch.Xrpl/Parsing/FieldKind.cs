namespace ChainWatch.Xrpl;

/// <summary>What a <see cref="FieldReader"/> stands at.</summary>
internal enum FieldKind
{
    /// <summary>A field with its value.</summary>
    Value,

    /// <summary>The beginning of an object or array.</summary>
    Start,

    /// <summary>The end of an object or array.</summary>
    End,
}
