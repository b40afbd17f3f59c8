namespace ChainWatch.Cardano;

/// <summary>
/// A transaction while it is read: its properties may come in any order, and only at its end is known which of its outputs came about. One whose scripts failed (phase 2) is on the chain all the same, but of it only the
/// collateral is spent: what is returned of that becomes an output, at the place behind all outputs that are listed, and the listed ones do not exist.
/// </summary>
internal ref struct TransactionDraft
{
    private readonly BlockData _block;
    private readonly bool _isSub;
    private readonly int _number;
    private readonly int _firstOutput;
    private int _outputs;
    private bool _hasOutputs;
    private bool? _succeeded;
    private string? _wrong;

    /// <param name="block">Where it is noted.</param>
    /// <param name="isSub">True for one inside another (from the Dijkstra era on): it stands and falls with that.</param>
    public TransactionDraft(BlockData block, bool isSub)
    {
        _block = block;
        _isSub = isSub;
        _firstOutput = block.OutputCount;
        _number = block.AddTransaction();
    }

    public readonly ref TransactionPlace Place => ref _block.TransactionAt(_number);

    /// <summary>What is returned of the collateral if the scripts fail.</summary>
    public OutputPlace? Return { get; set; }

    /// <summary>Where the list of its inputs begins; 0 where there is none.</summary>
    public int InputsAt { get; set; }

    /// <summary>Where the list of its collaterals begins; 0 where there is none.</summary>
    public int CollateralsAt { get; set; }

    public void Spends(scoped ReadOnlySpan<byte> what)
    {
        _succeeded = what.SequenceEqual("inputs"u8) ? true : what.SequenceEqual("collaterals"u8) ? false : null;
        if (_succeeded is null)
        {
            _wrong = "a transaction spends neither inputs nor collaterals";
        }
    }

    /// <summary>The list of outputs begins.</summary>
    public void HasOutputs()
    {
        _wrong = _hasOutputs ? "a transaction has two lists of outputs" : _wrong;
        _hasOutputs = true;
    }

    public void AddOutput(OutputPlace output)
    {
        output.Transaction = _number;
        output.Index = _outputs++;
        _block.AddOutput(output);
    }

    /// <summary>Settles what came about.</summary>
    /// <returns>What is wrong with the transaction; <see langword="null"/> for nothing.</returns>
    public readonly string? End()
    {
        if (_wrong is not null || Place.IdAt < 0 || (_succeeded is null && !_isSub))
        {
            return _wrong ?? "a transaction has no id, or does not say what it spends";
        }

        int spent = _succeeded == false ? CollateralsAt : InputsAt;
        Place.SpentAt = spent > 0 ? spent : -1;
        if (_succeeded == false)
        {
            _block.ForgetSpends(_number + 1);
            _block.ForgetOutputs(_firstOutput);
            if (Return is { } output)
            {
                output.Transaction = _number;
                output.Index = _outputs;
                _block.AddOutput(output);
            }
        }

        return null;
    }
}
