namespace ChainWatch.Xrpl;

/// <summary>Goes through the affected entries of a transaction's metadata, one at a time.</summary>
internal ref struct EntryReader
{
    private const int NodeDepth = 2;
    private const int FieldsDepth = 3;
    private FieldReader _reader;
    private int _position;

    public EntryReader(ReadOnlySpan<byte> metadata)
    {
        _reader = new FieldReader(metadata);
        _position = -1;
    }

    /// <summary>Reads the next entry; false at the end.</summary>
    public bool Read(ref EntryChange entry)
    {
        int section = 0;
        bool inside = false;
        while (_reader.Read())
        {
            if (_reader.Kind == FieldKind.End)
            {
                if (inside && _reader.Depth == NodeDepth - 1)
                {
                    return true;
                }

                section = _reader.Depth < FieldsDepth ? 0 : section;
                continue;
            }

            if (_reader.Kind == FieldKind.Start)
            {
                if (_reader.Depth == NodeDepth && _reader.Field is Field.CreatedNode or Field.ModifiedNode or Field.DeletedNode)
                {
                    entry = new EntryChange { Position = ++_position, Change = _reader.Field };
                    inside = true;
                }
                else if (_reader.Depth == FieldsDepth && inside)
                {
                    section = _reader.Field;
                }
                else if (section == Field.PreviousFields && _reader.Depth == FieldsDepth + 1)
                {
                    entry.OtherBefore = true;
                }

                continue;
            }

            if (!inside)
            {
                continue;
            }

            if (_reader.Depth == NodeDepth)
            {
                entry.Type = _reader.Field == Field.LedgerEntryType ? _reader.Number : entry.Type;
            }
            else if (_reader.Depth == FieldsDepth)
            {
                Take(ref entry, section);
            }
        }

        return false;
    }

    private readonly void Take(ref EntryChange entry, int section)
    {
        int field = _reader.Field;
        bool amount = field == (entry.Type == EntryType.Token ? Field.TokenAmount : Field.Balance);
        if (section == Field.PreviousFields)
        {
            if (amount)
            {
                entry.Before = _reader.Value;
            }
            else
            {
                entry.OtherBefore = true;
            }

            return;
        }

        if (section is not (Field.FinalFields or Field.NewFields))
        {
            return;
        }

        if (amount)
        {
            entry.After = _reader.Value;
            return;
        }

        switch (field)
        {
            case Field.Account:
                entry.Account = _reader.Value;
                break;
            case Field.Destination:
                entry.Destination = _reader.Value;
                break;
            case Field.DestinationTag:
                entry.DestinationTag = _reader.Number;
                break;
            case Field.LowLimit:
                entry.LowLimit = _reader.Value;
                break;
            case Field.HighLimit:
                entry.HighLimit = _reader.Value;
                break;
            case Field.TokenIssuance:
                entry.Issuance = _reader.Value;
                break;
        }
    }
}
