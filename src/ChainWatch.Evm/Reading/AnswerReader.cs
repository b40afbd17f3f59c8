using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Runs a parser over an answer; one that is not of the protocol's shape is refused like one that fails a check.</summary>
internal static class AnswerReader
{
    public delegate T Parser<out T>(ReadOnlySpan<byte> json, EvmEndpoint endpoint);

    public static T Read<T>(EvmEndpoint endpoint, JsonRpcReply reply, Parser<T> parse)
    {
        try
        {
            return parse(reply.Require(), endpoint);
        }
        catch (Exception exception) when (exception is AnswerFormatException or JsonException)
        {
            throw Malformed(endpoint, exception);
        }
    }

    public static void Read(EvmEndpoint endpoint, JsonRpcReply reply, Action<ReadOnlySpan<byte>> parse)
    {
        try
        {
            parse(reply.Require());
        }
        catch (Exception exception) when (exception is AnswerFormatException or JsonException)
        {
            throw Malformed(endpoint, exception);
        }
    }

    private static EndpointException Malformed(EvmEndpoint endpoint, Exception exception) => new(
        new EndpointError
        {
            Kind = EndpointErrorKind.MissingData,
            Check = AnswerCheck.Format,
            Message = $"endpoint '{endpoint.Name}' failed the check {AnswerCheck.Format}: {(exception is AnswerFormatException ? exception.Message : "the result is no JSON")}",
        },
        exception);
}
