using System.Globalization;

namespace ChainWatch.Evm;

/// <summary>What an EVM chain can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>.</summary>
public sealed class EvmOptions : ChainOptions
{
    /// <summary>Whether payments in the native coin are watched.</summary>
    /// <value>The default is true. False is much cheaper to read where only tokens matter.</value>
    public bool Native { get; set; } = true;

    /// <summary>The native coin's symbol, under which its payments are recorded.</summary>
    /// <value>The default is <c>ETH</c>.</value>
    public string NativeSymbol { get; set; } = "ETH";

    /// <summary>How many decimal digits the native coin's base unit lies below its whole unit.</summary>
    /// <value>0 to 77. The default is 18.</value>
    public int NativeDecimals { get; set; } = 18;

    /// <summary>The tokens that are watched.</summary>
    public IList<EvmTokenOptions> Tokens { get; } = [];

    /// <summary>
    /// Whether value that contracts move is looked for by tracing every block. It needs an endpoint with <c>debug_traceBlockByHash</c> or <c>trace_block</c>; without one
    /// the chain stands still and says so. Where EIP-7708 is active such movements are seen without it.
    /// </summary>
    /// <value>The default is false.</value>
    public bool InternalTransfers { get; set; }

    /// <summary>Whether validator withdrawals (EIP-4895) to watched addresses are payments.</summary>
    /// <value>The default is true. On Gnosis, which pays them in a token, they never are.</value>
    public bool Withdrawals { get; set; } = true;

    /// <summary>The chain id that every endpoint must have.</summary>
    /// <value><see langword="null"/> (the default) takes the first endpoint's.</value>
    public long? ChainId { get; set; }

    /// <summary>The hash of the first block that every endpoint must have.</summary>
    /// <value><see langword="null"/> (the default) takes the first endpoint's.</value>
    public string? GenesisHash { get; set; }

    /// <summary>Integrity checks to leave out, on a chain that builds its blocks otherwise.</summary>
    /// <value>The default leaves none out.</value>
    public EvmChecks SkippedChecks { get; set; }

    /// <summary>How blocks are read that lie so far back that they do not change any more.</summary>
    /// <value>The default is <see cref="EvmCatchUp.Logs"/>.</value>
    public EvmCatchUp CatchUp { get; set; }

    /// <summary>
    /// How much memory the endpoints' answers about final blocks and their receipts may take, so that back-scans over the same blocks ask for them once: see <see cref="FinalAnswers"/>.
    /// </summary>
    /// <value>Bytes: 0 for none, else from 1 MiB up. The default is 32 MiB.</value>
    public int FinalCacheBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How long such an answer is given out again.</summary>
    /// <value>1 second to 24 days. The default is 1 hour.</value>
    public TimeSpan FinalCacheExpiry { get; set; } = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override void Read(ConfigurationReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Read(reader);
        Native = reader.ReadFlag(nameof(Native)) ?? Native;
        NativeSymbol = reader.ReadText(nameof(NativeSymbol)) ?? NativeSymbol;
        NativeDecimals = reader.ReadWhole(nameof(NativeDecimals)) ?? NativeDecimals;
        foreach (ConfigurationReader item in reader.ReadItems(nameof(Tokens)))
        {
            Tokens.Add(new EvmTokenOptions
            {
                Symbol = item.ReadText(nameof(EvmTokenOptions.Symbol)),
                Contract = item.ReadText(nameof(EvmTokenOptions.Contract)),
                Decimals = item.ReadWhole(nameof(EvmTokenOptions.Decimals)),
            });
            item.Close();
        }

        InternalTransfers = reader.ReadFlag(nameof(InternalTransfers)) ?? InternalTransfers;
        Withdrawals = reader.ReadFlag(nameof(Withdrawals)) ?? Withdrawals;
        if (reader.ReadText(nameof(ChainId)) is { Length: > 0 } chainId)
        {
            if (long.TryParse(chainId, NumberStyles.None, CultureInfo.InvariantCulture, out long id))
            {
                ChainId = id;
            }
            else
            {
                reader.Errors.Add(reader.PathOf(nameof(ChainId)), chainId, "it must be a chain id, a whole number from 1 up, like 1 for Ethereum");
            }
        }

        GenesisHash = reader.ReadText(nameof(GenesisHash)) ?? GenesisHash;
        SkippedChecks = ReadNames(reader, nameof(SkippedChecks), SkippedChecks);
        CatchUp = ReadNames(reader, nameof(CatchUp), CatchUp);
        FinalCacheBytes = reader.ReadWhole(nameof(FinalCacheBytes)) ?? FinalCacheBytes;
        FinalCacheExpiry = reader.ReadDuration(nameof(FinalCacheExpiry)) ?? FinalCacheExpiry;
    }

    /// <inheritdoc/>
    protected override void Validate(string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        base.Validate(path, errors);
        for (int i = 0; i < Endpoints.Count; i++)
        {
            if (Endpoints[i].Url is { } url && url.StartsWith("ws", StringComparison.OrdinalIgnoreCase))
            {
                errors.AddUrl(
                    string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Endpoints)}:{i}:{nameof(EndpointOptions.Url)}"),
                    url,
                    "blocks are read by http:// or https://; a ws:// URL goes into WebSocketUrl");
            }
        }

        if (!Native && Tokens.Count == 0)
        {
            errors.AddMissing($"{path}:{nameof(Tokens)}", "with Native false there is nothing to watch; name at least one token");
        }

        if (InternalTransfers && !Native)
        {
            errors.Add($"{path}:{nameof(InternalTransfers)}", "true", "it watches the native coin, which Native false turns off");
        }

        CheckDecimals(NativeDecimals, $"{path}:{nameof(NativeDecimals)}", errors);
        if (ChainId < 1)
        {
            errors.Add($"{path}:{nameof(ChainId)}", ChainId.Value.ToString(CultureInfo.InvariantCulture), "it must be 1 or more");
        }

        if (!string.IsNullOrEmpty(GenesisHash) && !Hash256.TryParse(GenesisHash, out _))
        {
            errors.Add($"{path}:{nameof(GenesisHash)}", GenesisHash, "it must be a block hash: 0x and 64 hexadecimal digits");
        }

        if (FinalCacheBytes is not 0 and < 1024 * 1024)
        {
            errors.Add($"{path}:{nameof(FinalCacheBytes)}", FinalCacheBytes.ToString(CultureInfo.InvariantCulture), "it must be 0 for none, or 1048576 or more");
        }

        if (FinalCacheExpiry < TimeSpan.FromSeconds(1) || FinalCacheExpiry > TimeSpan.FromDays(24))
        {
            errors.Add($"{path}:{nameof(FinalCacheExpiry)}", FinalCacheExpiry.ToString("c", CultureInfo.InvariantCulture), "it must be from 1 second to 24 days");
        }

        HashSet<string> symbols = new(StringComparer.OrdinalIgnoreCase);
        HashSet<AddressKey> contracts = [];
        if (Native)
        {
            CheckSymbol(NativeSymbol, $"{path}:{nameof(NativeSymbol)}", symbols, errors);
        }

        for (int i = 0; i < Tokens.Count; i++)
        {
            EvmTokenOptions token = Tokens[i];
            string tokenPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Tokens)}:{i}");
            CheckSymbol(token.Symbol, $"{tokenPath}:{nameof(token.Symbol)}", symbols, errors);
            CheckContract(token.Contract, $"{tokenPath}:{nameof(token.Contract)}", contracts, errors);
            if (token.Decimals is { } decimals)
            {
                CheckDecimals(decimals, $"{tokenPath}:{nameof(token.Decimals)}", errors);
            }
            else
            {
                errors.AddMissing($"{tokenPath}:{nameof(token.Decimals)}", "give the token's decimals, as its contract states them (0 to 77)");
            }
        }
    }

    private static T ReadNames<T>(ConfigurationReader reader, string key, T otherwise)
        where T : struct, Enum
    {
        string? text = reader.ReadText(key);
        if (string.IsNullOrEmpty(text))
        {
            return otherwise;
        }

        // A number would parse as well, and mean nothing.
        if (!text.AsSpan().ContainsAnyInRange('0', '9') && Enum.TryParse(text, ignoreCase: true, out T value))
        {
            return value;
        }

        reader.Errors.Add(reader.PathOf(key), text, $"it must be one of {string.Join(", ", Enum.GetNames<T>())}");
        return otherwise;
    }

    private static void CheckDecimals(int decimals, string path, ConfigurationErrors errors)
    {
        if (decimals is < 0 or > 77)
        {
            errors.Add(path, decimals.ToString(CultureInfo.InvariantCulture), "it must be from 0 to 77");
        }
    }

    private static void CheckSymbol(string? symbol, string path, HashSet<string> symbols, ConfigurationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(symbol))
        {
            errors.AddMissing(path, "give the symbol under which payments of it are recorded, like USDC");
        }
        else if (symbol.Length > 32 || symbol.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            errors.Add(path, symbol, "it must have 1 to 32 characters without spaces");
        }
        else if (!symbols.Add(symbol))
        {
            errors.Add(path, symbol, "another asset of this chain has this symbol; each needs one of its own, like USDC.e");
        }
    }

    private static void CheckContract(string? contract, string path, HashSet<AddressKey> contracts, ConfigurationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(contract))
        {
            errors.AddMissing(path, "give the token's contract address");
            return;
        }

        try
        {
            if (!contracts.Add(EvmFormat.Instance.ParseAddress(contract)))
            {
                errors.Add(path, contract, "this contract is listed already");
            }
        }
        catch (AddressFormatException exception)
        {
            errors.AddMessage($"{path}: {exception.Message}.");
        }
    }
}
