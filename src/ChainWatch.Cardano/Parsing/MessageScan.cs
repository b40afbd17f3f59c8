namespace ChainWatch.Cardano;

/// <summary>
/// Reads a message in one pass with <see cref="JsonScanner"/>. It takes what is spelled as servers spell it, and gives up on all else (an unknown shape, an escape where none belongs, metadata nested deeper than usual): that is
/// for <see cref="MessageWalk"/> to read, or to refuse with the reason. One instance reads one message at a time.
/// </summary>
internal sealed class MessageScan
{
    private readonly JsonShape _message = new("id", "result", "error");
    private readonly JsonShape _result = new("direction", "block", "point", "tip");
    private readonly JsonShape _point = new("slot", "id", "height");
    private readonly JsonShape _block = new("id", "ancestor", "height", "slot", "transactions", "type");
    private readonly JsonShape _transaction = new("id", "spends", "outputs", "collateralReturn", "metadata", "subTransactions", "inputs", "collaterals");
    private readonly JsonShape _output = new("address", "value");
    private readonly JsonShape _metadata = new("labels");

    /// <returns>False where this cannot read it.</returns>
    public bool TryRead(ReadOnlySpan<byte> json, OgmiosMessage message)
    {
        JsonScanner scanner = new(json);
        scanner.BeginObject();
        bool answered = false;
        for (int place = 0; scanner.NextProperty(_message, ref place, out int field);)
        {
            switch (field)
            {
                case 0:
                    message.Id = TryReadNumber(ref scanner, json, out long id) ? id : null;
                    break;
                case 1 when !answered:
                    answered = true;
                    int from = scanner.Position;
                    ReadResult(ref scanner, json, message);
                    message.Content = from..scanner.Position;
                    break;
                case 1 or 2:
                    // An error is rare, and there is no hurry.
                    return false;
                default:
                    scanner.Skip(_message, place);
                    break;
            }
        }

        return scanner.End() && answered;
    }

    private void ReadResult(ref JsonScanner scanner, ReadOnlySpan<byte> json, OgmiosMessage message)
    {
        if (scanner.Current != (byte)'{')
        {
            scanner.Skip();
            return;
        }

        scanner.BeginObject();
        bool hasPoint = false;
        for (int place = 0; scanner.NextProperty(_result, ref place, out int field);)
        {
            switch (field)
            {
                case 0:
                    ReadOnlySpan<byte> direction = scanner.ReadText();
                    message.Kind = direction.SequenceEqual("forward"u8) ? MessageKind.Forward : MessageKind.Backward;
                    if (message.Kind == MessageKind.Backward && !direction.SequenceEqual("backward"u8))
                    {
                        scanner.Fail();
                    }

                    break;
                case 1 when message.Block is null:
                    message.Block = new BlockData();
                    ReadBlock(ref scanner, json, message.Block);
                    break;
                case 2:
                    hasPoint = true;
                    message.Point = ReadPoint(ref scanner, json, out _);
                    break;
                case 3:
                    CardanoPoint tip = ReadPoint(ref scanner, json, out long height);
                    message.Tip = tip.IsOrigin ? null : new ChainPoint(height, tip.Hash) { Slot = tip.Slot };
                    break;
                case 1:
                    scanner.Fail();
                    break;
                default:
                    scanner.Skip(_result, place);
                    break;
            }
        }

        if ((message.Kind == MessageKind.Forward && message.Block is null) || (message.Kind == MessageKind.Backward && !hasPoint))
        {
            scanner.Fail();
        }
    }

    private CardanoPoint ReadPoint(ref JsonScanner scanner, ReadOnlySpan<byte> json, out long height)
    {
        height = -1;
        if (scanner.Current == (byte)'"')
        {
            if (!scanner.ReadText().SequenceEqual("origin"u8))
            {
                scanner.Fail();
            }

            return CardanoPoint.Origin;
        }

        scanner.BeginObject();
        long slot = -1;
        Hash256? hash = null;
        for (int place = 0; scanner.NextProperty(_point, ref place, out int field);)
        {
            bool read = field switch
            {
                0 => TryReadNumber(ref scanner, json, out slot),
                1 => (hash = ReadHash(ref scanner)) is not null,
                2 => TryReadNumber(ref scanner, json, out height),
                _ => scanner.Skip(_point, place),
            };
            if (!read)
            {
                scanner.Fail();
            }
        }

        if (slot < 0 || hash is null)
        {
            scanner.Fail();
        }

        return new CardanoPoint(slot, hash ?? default);
    }

    private void ReadBlock(ref JsonScanner scanner, ReadOnlySpan<byte> json, BlockData block)
    {
        scanner.BeginObject();
        bool hasHash = false;
        bool hasAncestor = false;
        for (int place = 0; scanner.NextProperty(_block, ref place, out int field);)
        {
            switch (field)
            {
                case 0:
                    block.Hash = ReadHash(ref scanner) ?? default;
                    hasHash = true;
                    break;
                case 1:
                    ReadOnlySpan<byte> ancestor = scanner.ReadText();
                    hasAncestor = HexText.TryReadHash(ancestor, out Hash256 hash) || ancestor.SequenceEqual("genesis"u8);
                    block.Ancestor = hash;
                    break;
                case 2:
                    block.Height = TryReadNumber(ref scanner, json, out long height) ? height : -1;
                    break;
                case 3:
                    block.Slot = TryReadNumber(ref scanner, json, out long slot) ? slot : -1;
                    break;
                case 4 when !block.HasTransactions:
                    block.HasTransactions = true;
                    ReadTransactions(ref scanner, json, block, isSub: false);
                    break;
                case 4:
                    scanner.Fail();
                    break;
                case 5:
                    block.IsBoundary = scanner.ReadText().SequenceEqual("ebb"u8);
                    break;
                default:
                    scanner.Skip(_block, place);
                    break;
            }
        }

        if (!hasHash || !hasAncestor || block.Height < 0 || block.Slot < 0)
        {
            scanner.Fail();
        }
    }

    private void ReadTransactions(ref JsonScanner scanner, ReadOnlySpan<byte> json, BlockData block, bool isSub)
    {
        scanner.BeginArray();
        for (bool first = true; scanner.NextItem(ref first);)
        {
            ReadTransaction(ref scanner, json, block, isSub);
        }
    }

    private void ReadTransaction(ref JsonScanner scanner, ReadOnlySpan<byte> json, BlockData block, bool isSub)
    {
        scanner.BeginObject();
        TransactionDraft draft = new(block, isSub);
        for (int place = 0; scanner.NextProperty(_transaction, ref place, out int field);)
        {
            switch (field)
            {
                case 0:
                    ReadOnlySpan<byte> id = scanner.ReadText();
                    if (!HexText.TryReadHash(id, out _))
                    {
                        scanner.Fail();
                    }

                    draft.Place.IdAt = scanner.Position - 1 - id.Length;
                    break;
                case 1:
                    draft.Spends(scanner.ReadText());
                    break;
                case 2:
                    draft.HasOutputs();
                    scanner.BeginArray();
                    for (bool first = true; scanner.NextItem(ref first);)
                    {
                        draft.AddOutput(ReadOutput(ref scanner));
                    }

                    break;
                case 3:
                    draft.Return = ReadOutput(ref scanner);
                    break;
                case 4 when scanner.TryNull():
                    break;
                case 4:
                    scanner.BeginObject();
                    for (int inside = 0; scanner.NextProperty(_metadata, ref inside, out int label);)
                    {
                        draft.Place.LabelsAt = label == 0 ? scanner.Position : draft.Place.LabelsAt;
                        scanner.Skip(_metadata, inside);
                    }

                    break;
                case 5 when !isSub:
                    ReadTransactions(ref scanner, json, block, isSub: true);
                    break;
                case 6 when scanner.Current == (byte)'[':
                    draft.InputsAt = scanner.Position;
                    scanner.Skip(_transaction, place);
                    break;
                case 7 when scanner.Current == (byte)'[':
                    draft.CollateralsAt = scanner.Position;
                    scanner.Skip(_transaction, place);
                    break;
                case 6 or 7:
                    scanner.Fail();
                    break;
                default:
                    scanner.Skip(_transaction, place);
                    break;
            }
        }

        if (draft.End() is not null)
        {
            scanner.Fail();
        }
    }

    private OutputPlace ReadOutput(ref JsonScanner scanner)
    {
        OutputPlace output = new() { AddressAt = -1, ValueAt = -1 };
        scanner.BeginObject();
        for (int place = 0; scanner.NextProperty(_output, ref place, out int field);)
        {
            if (field == 0 && output.AddressAt < 0)
            {
                output.AddressLength = scanner.ReadText().Length;
                output.AddressAt = scanner.Position - 1 - output.AddressLength;
            }
            else if (field == 1 && output.ValueAt < 0 && scanner.Current == (byte)'{')
            {
                output.ValueAt = scanner.Position;
                scanner.Skip(_output, place);
            }
            else if (field < 0)
            {
                scanner.Skip(_output, place);
            }
            else
            {
                scanner.Fail();
            }
        }

        if (output.AddressAt < 0 || output.ValueAt < 0)
        {
            scanner.Fail();
        }

        return output;
    }

    private static Hash256? ReadHash(ref JsonScanner scanner)
    {
        if (HexText.TryReadHash(scanner.ReadText(), out Hash256 hash))
        {
            return hash;
        }

        scanner.Fail();
        return null;
    }

    /// <summary>Reads a whole number from 0 up; any other value is passed over.</summary>
    private static bool TryReadNumber(ref JsonScanner scanner, ReadOnlySpan<byte> json, out long value)
    {
        int from = scanner.Position;
        scanner.Skip();
        return DecimalText.TryRead(json[Math.Min(from, scanner.Position)..scanner.Position], out value);
    }
}
