using Microsoft.Extensions.Logging;

namespace ChainWatch.Blockbook;

/// <summary>Tells, loudly and once each, of payments to watched addresses of which the server does not say whether they happened: a person has to look at them.</summary>
internal sealed partial class HeldPayments
{
    private const int Remembered = 1024;
    private readonly string _chain;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly HashSet<Hash256> _told = [];

    public HeldPayments(string chain, ILogger logger)
    {
        _chain = chain;
        _logger = logger;
    }

    public void Hold(in Hash256 transaction, string address, string reason)
    {
        lock (_lock)
        {
            // A block may be matched more than once.
            if (_told.Count >= Remembered)
            {
                _told.Clear();
            }

            if (!_told.Add(transaction))
            {
                return;
            }
        }

        LogHeld(_chain, $"0x{transaction}", address, reason);
    }

    [LoggerMessage(2301, LogLevel.Error, "Chain {Chain}: transaction {Transaction} may have paid {Address}, but {Reason}. It is not recorded: look at it and credit it by hand", EventName = "PaymentHeld")]
    private partial void LogHeld(string chain, string transaction, string address, string reason);
}
