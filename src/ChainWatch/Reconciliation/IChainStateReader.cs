namespace ChainWatch;

/// <summary>
/// Reads what the chain itself holds for addresses, to compare it with what was recorded. Unlike blocks, state moves under the reader's hand: what is read belongs to one point
/// of the chain, which the answer names, or it is <see cref="AnswerKind.Unknown"/>.
/// </summary>
public interface IChainStateReader
{
    /// <summary>The most addresses that one question may be about.</summary>
    int MaxAddresses { get; }

    /// <summary>Reads the state of addresses, all at the same point.</summary>
    /// <param name="addresses">The addresses: at least one, at most <see cref="MaxAddresses"/>.</param>
    /// <param name="at">
    /// The point to read at, or <see langword="null"/> for the newest one that can be read. A protocol that knows only its newest state answers for that, whatever is asked for: the caller compares
    /// with <see cref="ChainState.Point"/>, never with what it asked for.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>
    /// The state; <see cref="AnswerKind.NotYet"/> where the point lies past the endpoint's head; <see cref="AnswerKind.Unknown"/> where no endpoint has state there any more, where the point is not on
    /// the endpoint's chain, or where the chain moved while it was read.
    /// </returns>
    ValueTask<Answer<ChainState>> ReadStateAsync(IReadOnlyList<AddressKey> addresses, ChainPoint? at, CancellationToken cancellationToken);

    /// <summary>Reads what one block did to an address's balance of one asset besides paying it, to explain a difference that was traced to that block.</summary>
    /// <param name="address">The address.</param>
    /// <param name="asset">One of the chain's watched assets.</param>
    /// <param name="block">The block.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The movements. By default <see cref="AnswerKind.Unknown"/>: most families need not, or cannot, tell.</returns>
    ValueTask<Answer<BlockMovements>> ReadMovementsAsync(AddressKey address, Asset asset, ChainPoint block, CancellationToken cancellationToken) =>
        new(Answer<BlockMovements>.Unknown("this kind of chain does not tell what a block moves for an address"));
}
