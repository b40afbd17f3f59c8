using System.Globalization;

namespace ChainWatch.Bitcoin;

/// <summary>
/// What a chain of Bitcoin's kind can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>. <see cref="ChainOptions.Confirmations"/> is 6 here where nothing else is said:
/// such chains have no mark for what is final.
/// </summary>
public sealed class BitcoinOptions : ChainOptions
{
    private const int LongestPrefix = 40;

    /// <summary>Creates the options with their defaults.</summary>
    public BitcoinOptions()
    {
        Confirmations = "6";
    }

    /// <summary>The network, which says how addresses are written and which chain the nodes must serve.</summary>
    /// <value>
    /// <c>mainnet</c> (the default), <c>testnet</c>, <c>testnet4</c>, <c>signet</c>, <c>regtest</c>, <c>litecoin</c>, <c>litecoin-testnet</c> or <c>litecoin-regtest</c>. For a network that is not among
    /// these, name the one that it is nearest to, and give what differs by the options below.
    /// </value>
    public string Network { get; set; } = "mainnet";

    /// <summary>What the nodes' <c>getblockchaininfo</c> calls the chain.</summary>
    /// <value><see langword="null"/> (the default) takes the network's.</value>
    public string? ChainName { get; set; }

    /// <summary>The hash of block 0, which every node must have.</summary>
    /// <value><see langword="null"/> (the default) takes the network's.</value>
    public string? GenesisHash { get; set; }

    /// <summary>What addresses of witness programs begin with, before the <c>1</c>, as in <c>bc</c>.</summary>
    /// <value><see langword="null"/> (the default) takes the network's.</value>
    public string? AddressPrefix { get; set; }

    /// <summary>The version byte of base58 addresses that pay to the hash of a public key.</summary>
    /// <value>0 to 255. <see langword="null"/> (the default) takes the network's.</value>
    public int? PublicKeyHashVersion { get; set; }

    /// <summary>The version byte of base58 addresses that pay to the hash of a script.</summary>
    /// <value>0 to 255. <see langword="null"/> (the default) takes the network's.</value>
    public int? ScriptHashVersion { get; set; }

    /// <summary>The native coin's symbol, under which its payments are recorded.</summary>
    /// <value><see langword="null"/> (the default) takes the network's: <c>BTC</c> or <c>LTC</c>.</value>
    public string? Symbol { get; set; }

    /// <summary>
    /// Whether a block's commitment to its witness data is checked, besides its hash and merkle root. No payment depends on it: it only shows nodes that serve damaged blocks.
    /// </summary>
    /// <value>The default is true. False takes less of the processor while catching up.</value>
    public bool VerifyWitness { get; set; } = true;

    /// <summary>Where nodes publish new blocks by ZeroMQ (<c>zmqpubhashblock</c> or <c>zmqpubsequence</c>), as in <c>tcp://127.0.0.1:28332</c>. It wakes up, and is nothing more.</summary>
    public IList<string> Zmq { get; } = [];

    /// <summary>Whether a node is asked to answer when it has a new block (<c>waitfornewblock</c>), where there is no <see cref="Zmq"/>. It takes one of the node's RPC threads.</summary>
    /// <value>The default is true. Nodes that have no such method are polled.</value>
    public bool LongPoll { get; set; } = true;

    /// <summary>Whether transactions that wait in a node's pool are looked at too, and told to <see cref="IPendingPaymentHandler"/>s. No payment is made of them.</summary>
    /// <value>The default is false.</value>
    public bool Pending { get; set; }

    /// <summary>How long a node may take to go through its unspent outputs (<c>scantxoutset</c>), which reconciliation asks for.</summary>
    /// <value>The default is 15 minutes; a full node of Bitcoin takes a few.</value>
    public TimeSpan ScanTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    protected override void Read(ConfigurationReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Read(reader);
        Network = reader.ReadText(nameof(Network)) ?? Network;
        ChainName = reader.ReadText(nameof(ChainName)) ?? ChainName;
        GenesisHash = reader.ReadText(nameof(GenesisHash)) ?? GenesisHash;
        AddressPrefix = reader.ReadText(nameof(AddressPrefix)) ?? AddressPrefix;
        PublicKeyHashVersion = reader.ReadWhole(nameof(PublicKeyHashVersion)) ?? PublicKeyHashVersion;
        ScriptHashVersion = reader.ReadWhole(nameof(ScriptHashVersion)) ?? ScriptHashVersion;
        Symbol = reader.ReadText(nameof(Symbol)) ?? Symbol;
        VerifyWitness = reader.ReadFlag(nameof(VerifyWitness)) ?? VerifyWitness;
        foreach (string url in reader.ReadTexts(nameof(Zmq)))
        {
            Zmq.Add(url);
        }

        LongPoll = reader.ReadFlag(nameof(LongPoll)) ?? LongPoll;
        Pending = reader.ReadFlag(nameof(Pending)) ?? Pending;
        ScanTimeout = reader.ReadDuration(nameof(ScanTimeout)) ?? ScanTimeout;
    }

    /// <inheritdoc/>
    protected override void Validate(string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        base.Validate(path, errors);
        for (int i = 0; i < Endpoints.Count; i++)
        {
            EndpointOptions endpoint = Endpoints[i];
            string endpointPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Endpoints)}:{i}");
            if (endpoint.Url is { } url && url.StartsWith("ws", StringComparison.OrdinalIgnoreCase))
            {
                errors.AddUrl($"{endpointPath}:{nameof(EndpointOptions.Url)}", url, "nodes of this kind speak http:// or https:// only");
            }

            if (!string.IsNullOrEmpty(endpoint.WebSocketUrl))
            {
                errors.AddUrl($"{endpointPath}:{nameof(EndpointOptions.WebSocketUrl)}", endpoint.WebSocketUrl, $"nodes of this kind push by ZeroMQ; give its address under {path}:{nameof(Zmq)}");
            }
        }

        if (BitcoinNetwork.Find(Network) is null)
        {
            errors.Add($"{path}:{nameof(Network)}", Network, $"it must be one of {string.Join(", ", BitcoinNetwork.Known.Select(static network => network.Name))}");
        }

        if (GenesisHash is not null && !Hash256.TryParse(GenesisHash, out _))
        {
            errors.Add($"{path}:{nameof(GenesisHash)}", GenesisHash, "it must be a block hash: 64 hexadecimal digits");
        }

        if (AddressPrefix is not null && (AddressPrefix.Length is 0 or > LongestPrefix || AddressPrefix.Any(static c => c is < '!' or > '~' or (>= 'A' and <= 'Z'))))
        {
            errors.Add($"{path}:{nameof(AddressPrefix)}", AddressPrefix, $"it must have 1 to {LongestPrefix} characters without spaces and capital letters, like bc");
        }

        CheckVersion(PublicKeyHashVersion, $"{path}:{nameof(PublicKeyHashVersion)}", errors);
        CheckVersion(ScriptHashVersion, $"{path}:{nameof(ScriptHashVersion)}", errors);
        if (CreateNetwork() is { } network && network.PublicKeyHashVersion == network.ScriptHashVersion)
        {
            errors.Add($"{path}:{nameof(ScriptHashVersion)}", network.ScriptHashVersion.ToString(CultureInfo.InvariantCulture), $"it must differ from {nameof(PublicKeyHashVersion)}");
        }

        if (Symbol is not null && (Symbol.Length is 0 or > 32 || Symbol.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c))))
        {
            errors.Add($"{path}:{nameof(Symbol)}", Symbol, "it must have 1 to 32 characters without spaces");
        }

        for (int i = 0; i < Zmq.Count; i++)
        {
            string zmqPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Zmq)}:{i}");
            if (!Uri.TryCreate(Zmq[i], UriKind.Absolute, out Uri? uri) || uri.Scheme != "tcp" || uri.Host.Length == 0 || uri.Port <= 0)
            {
                errors.AddUrl(zmqPath, Zmq[i], "it must be the address that a node publishes at, like tcp://127.0.0.1:28332");
            }
        }

        if (ScanTimeout <= TimeSpan.Zero)
        {
            errors.Add($"{path}:{nameof(ScanTimeout)}", ScanTimeout.ToString(), "it must be longer than zero");
        }

        CheckMark(Confirmations, $"{path}:{nameof(Confirmations)}", errors);
        for (int i = 0; i < ConfirmationRules.Count; i++)
        {
            CheckMark(ConfirmationRules[i].Confirmations, string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(ConfirmationRules)}:{i}:{nameof(ConfirmationRuleOptions.Confirmations)}"), errors);
        }
    }

    /// <summary>The network with what the other options say on top of it; <see langword="null"/> where there is none of that name.</summary>
    internal BitcoinNetwork? CreateNetwork() => BitcoinNetwork.Find(Network) is not { } network ? null : network with
    {
        ChainName = ChainName ?? network.ChainName,
        Genesis = Hash256.TryParse(GenesisHash, out Hash256 genesis) ? genesis : network.Genesis,
        Prefix = AddressPrefix ?? network.Prefix,
        PublicKeyHashVersion = (byte?)PublicKeyHashVersion ?? network.PublicKeyHashVersion,
        ScriptHashVersion = (byte?)ScriptHashVersion ?? network.ScriptHashVersion,
        OldScriptHashVersion = ScriptHashVersion is null ? network.OldScriptHashVersion : null,
        Symbol = Symbol ?? network.Symbol,
        BlockTime = BlockTime is { } time && time > TimeSpan.Zero ? time : network.BlockTime,
    };

    private static void CheckVersion(int? version, string path, ConfigurationErrors errors)
    {
        if (version is < 0 or > byte.MaxValue)
        {
            errors.Add(path, version.Value.ToString(CultureInfo.InvariantCulture), "it must be from 0 to 255");
        }
    }

    private static void CheckMark(string? confirmations, string path, ConfigurationErrors errors)
    {
        if (string.Equals(confirmations, "safe", StringComparison.OrdinalIgnoreCase))
        {
            errors.Add(path, confirmations, "such chains call no block safe; give a number of blocks, or 'finalized' for FinalityDepth");
        }
    }
}
