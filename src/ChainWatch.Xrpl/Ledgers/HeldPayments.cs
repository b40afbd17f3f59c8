using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Xrpl;

/// <summary>Tells, loudly and once each, of payments to watched addresses that cannot be recorded exactly: a person has to look at them.</summary>
internal sealed partial class HeldPayments
{
    private const int Remembered = 1024;
    private readonly string _chain;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly HashSet<(Hash256 Transaction, long Ordinal)> _told = [];

    public HeldPayments(string chain, ILogger logger)
    {
        _chain = chain;
        _logger = logger;
    }

    public void Hold(in Hash256 transaction, long ordinal, string address, string reason)
    {
        lock (_lock)
        {
            // A ledger may be matched more than once.
            if (!_told.Add((transaction, ordinal)))
            {
                return;
            }

            if (_told.Count > Remembered)
            {
                _told.Clear();
            }
        }

        LogHeld(_chain, string.Create(CultureInfo.InvariantCulture, $"{transaction.ToString().ToUpperInvariant()}/{ordinal}"), address, reason);
    }

    [LoggerMessage(2201, LogLevel.Error, "Chain {Chain}: transaction {Transaction} pays {Address}, but {Reason}. It is not recorded: look at it and credit it by hand", EventName = "PaymentHeld")]
    private partial void LogHeld(string chain, string transaction, string address, string reason);
}
