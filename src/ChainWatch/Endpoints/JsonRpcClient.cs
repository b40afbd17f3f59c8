using System.Buffers;
using System.Net;
using System.Text.Json;

namespace ChainWatch;

/// <summary>
/// JSON-RPC 2.0 over one endpoint: single calls and batches. Answers may come in any order, be fewer than the calls, come as a bare object, break off, or be no JSON at
/// all: every call gets a reply, a result or an error. Results are handed on as the raw bytes that came.
/// </summary>
public sealed class JsonRpcClient
{
    private const int LargestBatch = 256;
    private readonly EndpointClient _endpoint;
    private readonly Func<JsonRpcFault, EndpointError> _classify;
    private long _lastId;
    private int _batchLimit = LargestBatch;

    /// <summary>Creates a client.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="classify">Translates what the endpoint says instead of a result. The message may be passed on: it is freed of keys here.</param>
    public JsonRpcClient(EndpointClient endpoint, Func<JsonRpcFault, EndpointError> classify)
    {
        _endpoint = endpoint;
        _classify = classify;
    }

    /// <summary>The endpoint.</summary>
    public EndpointClient Endpoint => _endpoint;

    /// <summary>Where answers about final blocks are kept, for those who may have them (<see cref="FinalAnswersScope"/>).</summary>
    /// <value>The default is <see langword="null"/>: every call goes to the endpoint.</value>
    public FinalAnswers? FinalAnswers { get; init; }

    /// <summary>How many calls are sent in one batch, learned from what the endpoint refused; 1 where it takes no batches.</summary>
    public int BatchLimit => Volatile.Read(ref _batchLimit);

    /// <summary>Makes one call.</summary>
    /// <returns>Its reply, the only one; to be disposed when the result is read.</returns>
    /// <exception cref="EndpointException">The endpoint did not answer, or refused the request as a whole.</exception>
    public ValueTask<JsonRpcReplies> CallAsync(string method, string parameters, CancellationToken cancellationToken) =>
        CallAsync([new JsonRpcCall(method, parameters)], cancellationToken);

    /// <summary>Makes calls in one request, or, where the endpoint takes smaller batches, in as few as it allows.</summary>
    /// <returns>The replies, in the order of the calls; to be disposed when the results are read.</returns>
    /// <exception cref="EndpointException">The endpoint did not answer, or refused a request as a whole. Errors of single calls are in their replies.</exception>
    public ValueTask<JsonRpcReplies> CallAsync(IReadOnlyList<JsonRpcCall> calls, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(calls);
        return FinalAnswers is { } kept && FinalAnswersScope.IsOpen && calls.Any(static call => call.IsFinal)
            ? kept.CallAsync(_endpoint.Name, calls, SendAsync, cancellationToken)
            : SendAsync(calls, cancellationToken);
    }

    private async ValueTask<JsonRpcReplies> SendAsync(IReadOnlyList<JsonRpcCall> calls, CancellationToken cancellationToken)
    {
        JsonRpcReplies replies = new(calls.Count);
        try
        {
            Queue<(int From, int Count)> open = new();
            for (int from = 0; from < calls.Count; from += BatchLimit)
            {
                open.Enqueue((from, Math.Min(BatchLimit, calls.Count - from)));
            }

            while (open.TryDequeue(out (int From, int Count) part))
            {
                Exchange exchange = new(this, calls, part.From, part.Count, replies);
                try
                {
                    await _endpoint.SendAsync(exchange.CreateRequest(), cancellationToken);
                }
                catch (EndpointException exception) when (part.Count > 1 && exception.Kind == EndpointErrorKind.RangeTooLarge)
                {
                    // The request or its answer is too large as a whole; its parts may not be.
                    exchange.Unanswered = true;
                }

                if (exchange.BatchTooLarge)
                {
                    LearnBatchLimit(part.Count / 2);
                }

                if (exchange is { Unanswered: true } or { BatchTooLarge: true } && part.Count > 1)
                {
                    foreach ((int from, int count) in exchange.Halves())
                    {
                        open.Enqueue((from, count));
                    }
                }
            }

            return replies;
        }
        catch
        {
            replies.Dispose();
            throw;
        }
    }

    private void LearnBatchLimit(int limit)
    {
        if (limit < BatchLimit)
        {
            Volatile.Write(ref _batchLimit, Math.Max(1, limit));
        }
    }

    private EndpointError Classify(JsonRpcFault fault)
    {
        EndpointError error = _classify(fault);
        return new EndpointError
        {
            Kind = error.Kind,
            Message = $"endpoint '{_endpoint.Name}', {fault.Method}: {_endpoint.Redact(error.Message)}",
            Code = error.Code ?? fault.Code,
            RetryAfter = error.RetryAfter ?? fault.RetryAfter,
            SuggestedBlocks = error.SuggestedBlocks,
            Check = error.Check,
        };
    }

    /// <summary>One request with some of the calls, and the reading of its answer.</summary>
    private sealed class Exchange(JsonRpcClient client, IReadOnlyList<JsonRpcCall> calls, int from, int count, JsonRpcReplies replies)
    {
        private readonly long _firstId = Interlocked.Add(ref client._lastId, count) - count + 1;
        private readonly bool[] _settled = new bool[count];

        /// <summary>True when some calls got no answer although the request went through.</summary>
        public bool Unanswered { get; set; }

        /// <summary>True when the endpoint takes no batches, or none of this size.</summary>
        public bool BatchTooLarge { get; private set; }

        public EndpointRequest CreateRequest()
        {
            ArrayBufferWriter<byte> body = new(count * 160);
            using (Utf8JsonWriter writer = new(body))
            {
                if (count > 1)
                {
                    writer.WriteStartArray();
                }

                for (int index = 0; index < count; index++)
                {
                    JsonRpcCall call = calls[from + index];
                    writer.WriteStartObject();
                    writer.WriteString("jsonrpc"u8, "2.0"u8);
                    writer.WriteNumber("id"u8, _firstId + index);
                    writer.WriteString("method"u8, call.Method);
                    writer.WritePropertyName("params"u8);
                    writer.WriteRawValue(call.Parameters, skipInputValidation: true);
                    writer.WriteEndObject();
                }

                if (count > 1)
                {
                    writer.WriteEndArray();
                }
            }

            return new EndpointRequest
            {
                Method = count > 1 ? "batch" : calls[from].Method,
                Body = body.WrittenMemory,
                Read = Read,
                Units = client._endpoint.UnitsOf(calls.Skip(from).Take(count).Select(static call => call.Method)),
            };
        }

        /// <summary>The calls that are still without a reply, in two halves.</summary>
        public IEnumerable<(int From, int Count)> Halves()
        {
            int half = (count + 1) / 2;
            for (int start = 0; start < count; start += half)
            {
                int run = -1;
                int end = Math.Min(count, start + half);
                for (int index = start; index <= end; index++)
                {
                    if (index < end && !_settled[index])
                    {
                        run = run < 0 ? index : run;
                    }
                    else if (run >= 0)
                    {
                        yield return (from + run, index - run);
                        run = -1;
                    }
                }
            }
        }

        private EndpointError? Read(EndpointResponse response)
        {
            Unanswered = false;
            BatchTooLarge = false;
            Array.Clear(_settled);
            List<JsonRpcEnvelope.Item> items = new(count);
            ReadOnlyMemory<byte> body = response.Body;
            bool whole = JsonRpcEnvelope.TryRead(body.Span, items);
            if (items.Count == 0)
            {
                return NoAnswer(response);
            }

            EndpointError? refusal = null;
            int transient = 0;
            bool results = false;
            foreach (JsonRpcEnvelope.Item item in items)
            {
                int index = item.Id is { } id && id >= _firstId && id < _firstId + count ? (int)(id - _firstId) : -1;
                // An error without our id is about the whole request; a result without our id answers somebody else.
                if (index < 0 && !(item.HasError && item.Id is null))
                {
                    continue;
                }

                if (index >= 0 && _settled[index])
                {
                    continue;
                }

                if (!item.HasError)
                {
                    _settled[index] = true;
                    results = true;
                    replies.Set(from + index, new JsonRpcReply(body.Slice(item.ResultStart, item.ResultLength), error: null));
                    continue;
                }

                if (count > 1 && IsAboutBatch(item))
                {
                    BatchTooLarge = true;
                    continue;
                }

                EndpointError error = client.Classify(new JsonRpcFault
                {
                    Method = calls[from + Math.Max(index, 0)].Method,
                    Status = response.Status,
                    Code = item.Code,
                    Message = item.Message,
                    Data = item.Data,
                    RetryAfter = response.RetryAfter,
                });
                if (error.Kind is EndpointErrorKind.RateLimited or EndpointErrorKind.AuthFailed or EndpointErrorKind.QuotaExhausted)
                {
                    refusal ??= error;
                }

                if (index < 0)
                {
                    if (count > 1 && items.Count == 1 && error.Kind is EndpointErrorKind.ClientBug or EndpointErrorKind.Unsupported)
                    {
                        // The endpoint could not even read the batch: it may take the calls one by one.
                        BatchTooLarge = true;
                    }
                    else
                    {
                        refusal ??= error;
                    }

                    continue;
                }

                if (count > 1 && error.Kind == EndpointErrorKind.RangeTooLarge && IsAboutResponse(item))
                {
                    // The answers before it filled the response; alone this call may well fit.
                    continue;
                }

                _settled[index] = true;
                transient += error.Kind == EndpointErrorKind.Transient ? 1 : 0;
                replies.Set(from + index, new JsonRpcReply(default, error));
            }

            if (refusal is not null)
            {
                return refusal;
            }

            if (transient == count)
            {
                return replies[from].Error;
            }

            if (results)
            {
                replies.Keep(response.TakeBody());
            }

            for (int index = 0; index < count; index++)
            {
                if (!_settled[index])
                {
                    Unanswered = true;
                    replies.Set(from + index, new JsonRpcReply(default, new EndpointError
                    {
                        Kind = EndpointErrorKind.Transient,
                        Message = $"endpoint '{client.Endpoint.Name}', {calls[from + index].Method}: {(whole ? "the answer leaves this call out" : "the answer breaks off")}",
                    }));
                }
            }

            return count == 1 && Unanswered ? replies[from].Error : null;
        }

        /// <summary>No JSON-RPC answer at all: the status decides, and the beginning of the body may say more.</summary>
        private EndpointError NoAnswer(EndpointResponse response)
        {
            ReadOnlySpan<byte> body = response.Body.Span.TrimStart(" \t\r\n\uFEFF"u8);
            string text = body.IsEmpty ? "an empty body"
                : body[0] == '<' && (int)response.Status < 400 ? "HTML instead of JSON"
                : JsonRpcEnvelope.Text(body);
            return client.Classify(new JsonRpcFault
            {
                Method = calls[from].Method,
                Status = response.Status,
                Message = response.Status == HttpStatusCode.OK ? $"no JSON-RPC answer: {text}" : $"HTTP {(int)response.Status}: {text}",
                RetryAfter = response.RetryAfter,
            });
        }

        private static bool IsAboutBatch(in JsonRpcEnvelope.Item item) => item.Message.Contains("batch", StringComparison.OrdinalIgnoreCase);

        private static bool IsAboutResponse(in JsonRpcEnvelope.Item item) => item.Message.Contains("response", StringComparison.OrdinalIgnoreCase);
    }
}
