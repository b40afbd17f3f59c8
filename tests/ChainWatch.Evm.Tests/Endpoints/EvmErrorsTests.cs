using System.Net;

namespace ChainWatch.Evm.Tests;

public sealed class EvmErrorsTests
{
    [Theory]
    [InlineData(200, -32600, "Must be authenticated!", EndpointErrorKind.AuthFailed)]
    [InlineData(401, null, "HTTP 401: ", EndpointErrorKind.AuthFailed)]
    [InlineData(403, null, "HTTP 403: nope", EndpointErrorKind.AuthFailed)]
    [InlineData(200, -32600, "This API key is for another chain", EndpointErrorKind.AuthFailed)]
    [InlineData(413, -32614, "eth_getLogs is limited to a 10,000 range", EndpointErrorKind.RangeTooLarge)]
    [InlineData(413, null, "HTTP 413: ", EndpointErrorKind.RangeTooLarge)]
    [InlineData(200, -32005, "query returned more than 10000 results", EndpointErrorKind.RangeTooLarge)]
    [InlineData(200, -32000, "exceed max addresses or topics per search position", EndpointErrorKind.RangeTooLarge)]
    [InlineData(200, -32003, "response too large", EndpointErrorKind.RangeTooLarge)]
    [InlineData(402, 402, "daily request count exceeded", EndpointErrorKind.QuotaExhausted)]
    [InlineData(200, -32005, "Monthly capacity limit exceeded. Visit https://dashboard.example.org/billing", EndpointErrorKind.QuotaExhausted)]
    [InlineData(429, null, "HTTP 429: slow down", EndpointErrorKind.RateLimited)]
    [InlineData(200, 429, "Your app has exceeded its compute units per second capacity.", EndpointErrorKind.RateLimited)]
    [InlineData(200, -32005, "project ID request rate exceeded", EndpointErrorKind.RateLimited)]
    [InlineData(200, -32007, "100/second request limit reached - reduce calls per second", EndpointErrorKind.RateLimited)]
    [InlineData(200, -32029, "Too Many Requests", EndpointErrorKind.RateLimited)]
    [InlineData(200, -32602, "block range extends beyond current head block", EndpointErrorKind.MissingData)]
    [InlineData(200, -32000, "header not found", EndpointErrorKind.MissingData)]
    [InlineData(200, -32000, "unknown block", EndpointErrorKind.MissingData)]
    [InlineData(200, -32602, "blockHash cannot be found", EndpointErrorKind.MissingData)]
    [InlineData(200, 4444, "pruned history unavailable", EndpointErrorKind.MissingData)]
    [InlineData(200, -39001, "Unknown block", EndpointErrorKind.MissingData)]
    [InlineData(200, -32000, "hash 0x12 is not currently canonical", EndpointErrorKind.NotCanonical)]
    [InlineData(200, -39001, "finalized block not found", EndpointErrorKind.Unsupported)]
    [InlineData(200, -32601, "Method not found", EndpointErrorKind.Unsupported)]
    [InlineData(200, -32004, "Method eth_getBlockReceipts is not supported", EndpointErrorKind.Unsupported)]
    [InlineData(200, -32700, "The method eth_getBlockReceipts does not exist/is not available", EndpointErrorKind.Unsupported)]
    [InlineData(200, -32002, "request timed out", EndpointErrorKind.Transient)]
    [InlineData(200, -32016, "query timeout", EndpointErrorKind.Transient)]
    [InlineData(200, -32603, "Internal error", EndpointErrorKind.Transient)]
    [InlineData(503, null, "HTTP 503: <html>", EndpointErrorKind.Transient)]
    [InlineData(200, -32011, "no backend is currently healthy to serve traffic", EndpointErrorKind.Transient)]
    [InlineData(200, -32602, "invalid argument 0: hex string without 0x prefix", EndpointErrorKind.ClientBug)]
    [InlineData(200, null, "no JSON-RPC answer: HTML instead of JSON", EndpointErrorKind.Transient)]
    public void What_nodes_and_providers_say_means_one_thing(int status, int? code, string message, EndpointErrorKind kind) =>
        Classify(status, code, message).Kind.ShouldBe(kind);

    [Theory]
    [InlineData("exceed maximum block range 2000", 2000)]
    [InlineData("query exceeds max block range 100000", 100_000)]
    [InlineData("this block range should work: [0x1b4, 0x1bd]", 10)]
    [InlineData("query exceeds max results 20000, retry with the range 100-149", 50)]
    [InlineData("range 12000 exceeds limit of 10000", 10_000)]
    [InlineData("eth_getLogs is limited to a 10,000 range", 10_000)]
    [InlineData("eth_getLogs is limited to 1024 block", 1024)]
    [InlineData("Max range: 800", 800)]
    [InlineData("maximum block range: 5000", 5000)]
    [InlineData("query returned more than 10000 results", null)]
    [InlineData("query exceeds max results 20000", null)]
    [InlineData("response size should not greater than 10000000 bytes", null)]
    [InlineData("block range is too large", null)]
    public void The_number_of_blocks_that_an_error_names_is_taken(string message, int? blocks)
    {
        EndpointError error = Classify(200, -32000, message);

        error.Kind.ShouldBe(EndpointErrorKind.RangeTooLarge);
        error.SuggestedBlocks.ShouldBe(blocks);
    }

    [Fact]
    public void A_hint_in_the_body_says_how_long_to_wait()
    {
        EndpointError error = EvmErrors.Classify(new JsonRpcFault
        {
            Method = "eth_getLogs",
            Status = HttpStatusCode.TooManyRequests,
            Code = -32005,
            Message = "You've exceeded the RPS limit available on the current plan. ",
            Data = """{"try_again_in":"1.5s"}""",
        });

        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1.5));
    }

    private static EndpointError Classify(int status, int? code, string message) =>
        EvmErrors.Classify(new JsonRpcFault { Method = "eth_getLogs", Status = (HttpStatusCode)status, Code = code, Message = message });
}
