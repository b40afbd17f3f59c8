using Microsoft.Extensions.Logging;

namespace ChainWatch;

internal static partial class TokenLog
{
    [LoggerMessage(EventId = 1109, EventName = "TokenDecimalsDiffer", Level = LogLevel.Error,
        Message = "Token {Asset} of {Chain} is configured with {Configured} decimals, but its contract {Contract} says {Decimals}: amounts in whole units are wrong by a power of ten, unless the contract is known to answer otherwise. The configuration counts (Tokens:Decimals)")]
    public static partial void DecimalsDiffer(ILogger logger, string chain, string asset, int configured, string? contract, int decimals);

    [LoggerMessage(EventId = 1110, EventName = "TokenSymbolDiffers", Level = LogLevel.Information, Message = "Token {Asset} of {Chain}: its contract {Contract} calls itself {Symbol}. Is it the contract that was meant?")]
    public static partial void SymbolDiffers(ILogger logger, string chain, string asset, string? contract, string symbol);

    [LoggerMessage(EventId = 1111, EventName = "TokenSaysNothing", Level = LogLevel.Warning,
        Message = "Token {Asset} of {Chain}: its contract {Contract} does not say its decimals. Where there is no such contract, no payment in it will ever be seen")]
    public static partial void SaysNothing(ILogger logger, string chain, string asset, string? contract);

    [LoggerMessage(EventId = 1112, EventName = "TokensNotRead", Level = LogLevel.Information, Message = "What the token contracts of {Chain} say of themselves could not be read: {Reason}. It is tried again in {Wait}")]
    public static partial void NotRead(ILogger logger, string chain, string reason, TimeSpan wait, Exception? exception = null);
}
