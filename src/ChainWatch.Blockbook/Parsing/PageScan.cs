using System.Globalization;

namespace ChainWatch.Blockbook;

/// <summary>
/// Reads one page of a block, once, over its bytes: what it says about the block, its transactions, and where each movement of value stands. Nothing is allocated; what is
/// looked for comes later, and over what is kept here. An answer that is not as the protocol says is refused as a whole.
/// </summary>
internal ref struct PageScan
{
    private readonly ReadOnlySpan<byte> _page;
    private readonly ScanMemory _memory;
    private readonly CoinType _type;
    private readonly int _number;
    private readonly ref PooledList<BlockTransaction> _transactions;
    private readonly ref PooledList<Movement> _movements;
    private JsonScanner _json;
    private TextSpan _blockHash;
    private int _outputs;

    private PageScan(ReadOnlySpan<byte> page, CoinType type, int number, ref PooledList<BlockTransaction> transactions, ref PooledList<Movement> movements)
    {
        _page = page;
        _memory = ScanMemory.OfThisThread;
        _type = type;
        _number = number;
        _transactions = ref transactions;
        _movements = ref movements;
        _json = new JsonScanner(page);
    }

    /// <summary>Reads a page.</summary>
    /// <param name="page">The block as an answer holds it, and nothing else.</param>
    /// <param name="type">The chain's kind.</param>
    /// <param name="number">The page's place among the block's, from 0.</param>
    /// <param name="transactions">Where its transactions go.</param>
    /// <param name="movements">Where their movements go.</param>
    /// <exception cref="AnswerFormatException">It is no page of a block.</exception>
    public static PageHead Read(ReadOnlySpan<byte> page, CoinType type, int number, ref PooledList<BlockTransaction> transactions, ref PooledList<Movement> movements)
    {
        PageScan scan = new(page, type, number, ref transactions, ref movements);
        return scan.ReadBlock();
    }

    private static AnswerFormatException Wrong(string message, string check = BlockCheck.Format) => new(check, message);

    private PageHead ReadBlock()
    {
        PageHead head = new() { Page = -1, Height = -1, TransactionCount = -1, Time = -1 };
        JsonShape shape = _memory.Block;
        uint met = 0;
        int place = 0;
        _json.BeginObject();
        while (_json.NextProperty(shape, ref place, out int field))
        {
            if (field >= 0)
            {
                RequireFirst(field, ref met);
            }

            switch (field)
            {
                case 0: head.Page = ReadNumber(); break;
                case 1: head.TotalPages = ReadNumber(); break;
                case 2: head.Hash = ReadHash(); break;
                case 3: head.Parent = ReadHashOrNone(); break;
                case 4: head.Height = ReadNumber(); break;
                case 5: head.Time = ReadNumber(); break;
                case 6: head.Version = TryReadNumber(); break;
                case 7: head.MerkleRoot = ReadHashOrNone(); break;
                case 8: head.Nonce = TryReadNumber() is >= 0 and <= uint.MaxValue and { } nonce ? (uint)nonce : null; break;
                case 9: head.Bits = ReadBits(); break;
                case 10: head.TransactionCount = ReadNumber(); break;
                case 11: head.Transactions = ReadTransactions(); break;
                case 12: throw Wrong("it is an error, and no block");
                default: SkipValue(); break;
            }
        }

        if (!_json.End())
        {
            throw Wrong("it is no JSON of the protocol's shape");
        }

        if (head.Hash.IsZero || head.Height < 0 || head.TransactionCount < 0)
        {
            throw Wrong("it does not tell a block's hash, height and txCount");
        }

        if (head.Transactions > 0 && _blockHash.Length > 0 && !(Numbers.TryReadHash(Text(_blockHash), out Hash256 stated) && stated == head.Hash))
        {
            throw Wrong($"its transactions say that they are in another block ({System.Text.Encoding.ASCII.GetString(Text(_blockHash))})", BlockCheck.TransactionBlock);
        }

        return head;
    }

    private int ReadTransactions()
    {
        if (_json.TryNull())
        {
            return 0;
        }

        int count = 0;
        bool first = true;
        _json.BeginArray();
        while (_json.NextItem(ref first))
        {
            ReadTransaction();
            count++;
        }

        return count;
    }

    private void ReadTransaction()
    {
        ref BlockTransaction transaction = ref _transactions.Add();
        transaction = new BlockTransaction { Page = _number, First = _movements.Count };
        int index = _transactions.Count - 1;
        TextSpan sender = default;
        TextSpan blockHash = default;
        bool specific = false;
        _outputs = -1;
        JsonShape shape = _memory.Transaction;
        uint met = 0;
        int place = 0;
        _json.BeginObject();
        while (_json.NextProperty(shape, ref place, out int field))
        {
            if (field >= 0)
            {
                RequireFirst(field, ref met);
            }

            switch (field)
            {
                case 0:
                    transaction.Id = ReadHash();
                    break;
                case 1 when _type == CoinType.Ethereum:
                    sender = ReadSender();
                    break;
                case 1:
                    // Which outputs it spends is only looked for where there are any to look for.
                    int at = _json.Position;
                    SkipValue();
                    transaction.Inputs = new TextSpan(at, _json.Position - at);
                    break;
                case 2:
                    ReadOutputs(index);
                    break;
                case 3:
                    blockHash = ReadText();
                    break;
                case 4 when _type == CoinType.Ethereum:
                    ReadTokens(index);
                    break;
                case 5 when _type == CoinType.Ethereum:
                    specific = true;
                    transaction.Status = ReadSpecific(index);
                    break;
                default:
                    SkipValue();
                    break;
            }
        }

        if (_json.Failed)
        {
            throw Wrong("it is no JSON of the protocol's shape");
        }

        if (transaction.Id.IsZero || _outputs < 0)
        {
            throw Wrong("a transaction does not tell its txid and vout", BlockCheck.Transaction);
        }

        if (_type == CoinType.Ethereum && !specific)
        {
            throw Wrong($"transaction {transaction.Id} does not tell whether it succeeded", BlockCheck.Transaction);
        }

        CheckBlock(transaction.Id, blockHash);
        transaction.Count = _movements.Count - transaction.First;
        foreach (ref Movement movement in _movements.Items[transaction.First..])
        {
            if (movement.Kind == MovementKind.Output)
            {
                movement.From = sender;
            }
        }
    }

    /// <summary>All transactions of a page name the same block; that it is this one is looked at in the end, in whatever order the properties come.</summary>
    private void CheckBlock(in Hash256 transaction, TextSpan blockHash)
    {
        if (blockHash.Length == 0)
        {
            throw Wrong($"transaction {transaction} does not say which block it is in: it is not confirmed", BlockCheck.TransactionBlock);
        }

        if (_blockHash.Length == 0)
        {
            _blockHash = blockHash;
        }
        else if (!Text(_blockHash).SequenceEqual(Text(blockHash)))
        {
            throw Wrong($"transaction {transaction} says that it is in another block", BlockCheck.TransactionBlock);
        }
    }

    private TextSpan ReadSender()
    {
        TextSpan sender = default;
        if (_json.TryNull())
        {
            return sender;
        }

        bool first = true;
        _json.BeginArray();
        while (_json.NextItem(ref first))
        {
            int place = 0;
            _json.BeginObject();
            while (_json.NextProperty(_memory.Input, ref place, out int field))
            {
                if (field == 0)
                {
                    sender = ReadOnlyAddress();
                }
                else
                {
                    SkipValue();
                }
            }
        }

        return sender;
    }

    private void ReadOutputs(int transaction)
    {
        _outputs = 0;
        if (_json.TryNull())
        {
            return;
        }

        bool first = true;
        _json.BeginArray();
        while (_json.NextItem(ref first))
        {
            ReadOutput(transaction);
        }
    }

    private void ReadOutput(int transaction)
    {
        TextSpan amount = default;
        TextSpan address = default;
        long number = -1;
        bool isAddress = false;
        JsonShape shape = _memory.Output;
        uint met = 0;
        int place = 0;
        _json.BeginObject();
        while (_json.NextProperty(shape, ref place, out int field))
        {
            if (field >= 0)
            {
                RequireFirst(field, ref met);
            }

            switch (field)
            {
                case 0: amount = ReadAmount(); break;
                case 1: number = ReadNumber(); break;
                case 2: address = ReadOnlyAddress(); break;
                case 3: isAddress = _json.Current == (byte)'t'; SkipValue(); break;
                default: SkipValue(); break;
            }
        }

        if (number != _outputs)
        {
            // Its number is what a payment is known by.
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"output {_outputs} of a transaction says that it is {number}"), BlockCheck.Transaction);
        }

        _outputs++;
        if (isAddress && address.Length > 0)
        {
            _movements.Add() = new Movement { Kind = MovementKind.Output, Transaction = transaction, Number = (int)number, To = address, Amount = amount };
        }
    }

    private void ReadTokens(int transaction)
    {
        if (_json.TryNull())
        {
            return;
        }

        bool first = true;
        int number = 0;
        _json.BeginArray();
        while (_json.NextItem(ref first))
        {
            Movement movement = new() { Kind = MovementKind.Token, Transaction = transaction };
            TextSpan type = default;
            TextSpan standard = default;
            TextSpan older = default;
            JsonShape shape = _memory.Token;
            int place = 0;
            _json.BeginObject();
            while (_json.NextProperty(shape, ref place, out int field))
            {
                switch (field)
                {
                    case 0: type = ReadText(); break;
                    case 1: standard = ReadText(); break;
                    case 2: movement.From = ReadText(); break;
                    case 3: movement.To = ReadText(); break;
                    case 4: movement.Contract = ReadText(); break;
                    case 5: older = ReadText(); break;
                    case 6: movement.Amount = ReadAmount(); break;
                    default: SkipValue(); break;
                }
            }

            // What is called contract now was called token once.
            movement.Contract = movement.Contract.Length > 0 ? movement.Contract : older;
            if (movement.Contract.Length == 0 || movement.To.Length == 0)
            {
                // The server leaves an empty entry where it could not find out about a contract: a transfer happened, and it does not say which.
                throw Wrong($"a token transfer of transaction {_transactions.Items[transaction].Id} is empty: the server could not read its contract", BlockCheck.Transaction);
            }

            ReadOnlySpan<byte> kind = Text(standard.Length > 0 ? standard : type);
            if (kind.IsEmpty)
            {
                throw Wrong("a token transfer does not tell its standard", BlockCheck.Transaction);
            }

            // ERC20, BEP20 and so on. What is not fungible is no payment.
            if (kind.EndsWith("20"u8))
            {
                movement.Number = number++;
                _movements.Add() = movement;
            }
        }
    }

    private TransactionStatus ReadSpecific(int transaction)
    {
        long status = long.MinValue;
        bool inner = false;
        JsonShape shape = _memory.Specific;
        int place = 0;
        _json.BeginObject();
        while (_json.NextProperty(shape, ref place, out int field))
        {
            switch (field)
            {
                case 0: status = ReadNumber(); break;
                case 1: inner = ReadText().Length > 0; break;
                case 2: ReadInternal(transaction); break;
                default: SkipValue(); break;
            }
        }

        return status switch
        {
            1 => inner ? TransactionStatus.PartlyFailed : TransactionStatus.Succeeded,
            0 => TransactionStatus.Failed,
            -2 => TransactionStatus.Unknown,

            // Pending, or nothing at all: the server has not seen its receipt yet.
            _ => throw Wrong($"transaction {_transactions.Items[transaction].Id} does not tell whether it succeeded", BlockCheck.Transaction),
        };
    }

    private void ReadInternal(int transaction)
    {
        if (_json.TryNull())
        {
            return;
        }

        bool first = true;
        int number = 0;
        _json.BeginArray();
        while (_json.NextItem(ref first))
        {
            Movement movement = new() { Kind = MovementKind.Internal, Transaction = transaction, Number = number++ };
            int place = 0;
            _json.BeginObject();
            while (_json.NextProperty(_memory.Internal, ref place, out int field))
            {
                switch (field)
                {
                    case 1: movement.From = ReadText(); break;
                    case 2: movement.To = ReadText(); break;
                    case 3: movement.Amount = ReadAmount(); break;
                    default: SkipValue(); break;
                }
            }

            if (movement.To.Length > 0)
            {
                _movements.Add() = movement;
            }
        }
    }

    private readonly ReadOnlySpan<byte> Text(TextSpan span) => _page.Slice(span.At, span.Length);

    private static void RequireFirst(int field, ref uint met)
    {
        uint bit = 1u << field;
        if ((met & bit) != 0)
        {
            throw Wrong("a property stands twice in one object");
        }

        met |= bit;
    }

    /// <summary>Passes over a value that nobody asked for, however deep it is nested: what others write into a chain must stop nobody.</summary>
    private void SkipValue()
    {
        if (_json.Current is (byte)'{' or (byte)'[')
        {
            _json.PassOver();
        }
        else
        {
            _json.Skip();
        }
    }

    /// <summary>The address of a list that holds just one; nothing where it holds several (bare multisig) or none.</summary>
    private TextSpan ReadOnlyAddress()
    {
        TextSpan only = default;
        if (_json.TryNull())
        {
            return only;
        }

        int count = 0;
        bool first = true;
        _json.BeginArray();
        while (_json.NextItem(ref first))
        {
            only = ReadText();
            count++;
        }

        return count == 1 ? only : default;
    }

    /// <summary>A text as it stands between its quotes; one that is written with escapes is none that is looked for. Nothing where it is null.</summary>
    private TextSpan ReadText()
    {
        int from = _json.Position;
        if (_json.Current == (byte)'"')
        {
            _json.Skip();
            return new TextSpan(from + 1, Math.Max(0, _json.Position - from - 2));
        }

        if (!_json.TryNull())
        {
            _json.Fail();
        }

        return default;
    }

    private TextSpan ReadAmount()
    {
        TextSpan amount = ReadText();
        if (!Numbers.IsAmount(Text(amount)))
        {
            throw Wrong("an amount is no whole number of at most 78 digits");
        }

        return amount;
    }

    private long ReadNumber()
    {
        int from = _json.Position;
        _json.Skip();
        if (_json.Failed || !Numbers.TryRead(_page[from.._json.Position], out long number))
        {
            throw Wrong("a number is expected, and something else came");
        }

        return number;
    }

    /// <summary>A number that may be written as text, and that no payment depends on.</summary>
    private long? TryReadNumber()
    {
        int from = _json.Position;
        SkipValue();
        return !_json.Failed && Numbers.TryRead(_page[from.._json.Position].Trim((byte)'"'), out long number) ? number : null;
    }

    private uint? ReadBits()
    {
        ReadOnlySpan<byte> text = Text(ReadText());
        return System.Buffers.Text.Utf8Parser.TryParse(text, out uint bits, out int used, 'x') && used == text.Length ? bits : null;
    }

    private Hash256 ReadHash()
    {
        TextSpan text = ReadText();
        return Numbers.TryReadHash(Text(text), out Hash256 hash) ? hash : throw Wrong("a hash is expected, and something else came");
    }

    private Hash256 ReadHashOrNone()
    {
        TextSpan text = ReadText();
        return text.Length == 0 ? default : Numbers.TryReadHash(Text(text), out Hash256 hash) ? hash : throw Wrong("a hash is expected, and something else came");
    }
}
