using System.Text.Json;
using System.Text.Json.Serialization;

namespace DepositMonitor;

/// <summary>What is read and answered over HTTP, without reflection: the program may be trimmed, and compiled natively.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(AddressRequest))]
[JsonSerializable(typeof(AddressAdded))]
[JsonSerializable(typeof(AddressFound))]
[JsonSerializable(typeof(IReadOnlyList<ParkedEvent>))]
internal sealed partial class MonitorJson : JsonSerializerContext;
