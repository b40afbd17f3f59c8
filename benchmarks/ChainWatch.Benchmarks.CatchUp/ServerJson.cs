using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What the static server answers, read without reflection: this program is compiled natively, too.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ServerCounters))]
[JsonSerializable(typeof(long[][]))]
internal sealed partial class ServerJson : JsonSerializerContext;
