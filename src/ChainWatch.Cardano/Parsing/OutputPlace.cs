namespace ChainWatch.Cardano;

/// <summary>Where in a message an output stands.</summary>
internal struct OutputPlace
{
    /// <summary>The number of its transaction among those of the block.</summary>
    public int Transaction;

    /// <summary>Its number among the outputs of the transaction.</summary>
    public int Index;

    /// <summary>Where the text of its address begins.</summary>
    public int AddressAt;

    public int AddressLength;

    /// <summary>Where the object that holds its value begins.</summary>
    public int ValueAt;
}
