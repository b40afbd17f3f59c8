namespace ChainWatch;

/// <summary>How hard the answers of a chain's endpoints are checked before they count.</summary>
public enum IntegrityLevel
{
    /// <summary>Only what must be right for a block to be read at all: its form, and that it is the block that was asked for. For a node of one's own that is trusted.</summary>
    Off,

    /// <summary>What an answer says about itself must fit together: cheap checks that show what is missing or mixed up. The default.</summary>
    Intrinsic,

    /// <summary>
    /// What a block's hash commits to is recomputed from its content, as far as the chain family can: what passes is that block, whoever served it. It costs time, and on EVM chains all receipts of
    /// every block.
    /// </summary>
    Corroborated,
}
