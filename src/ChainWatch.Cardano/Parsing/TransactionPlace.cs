namespace ChainWatch.Cardano;

/// <summary>Where in a message a transaction stands.</summary>
internal struct TransactionPlace
{
    /// <summary>Where the 64 digits of its id begin.</summary>
    public int IdAt;

    /// <summary>Where the object that holds the labels of its metadata begins; -1 where there is none.</summary>
    public int LabelsAt;

    /// <summary>Where the list of outputs begins that it spends; -1 where it spends none.</summary>
    public int SpentAt;
}
