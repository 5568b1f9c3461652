using System.Text.Json.Serialization;
using NATS.Client.JetStream.Models;

namespace Portico.Infrastructure.Events;

/// <summary>How the answer of JetStream to a published event is read.</summary>
[JsonSerializable(typeof(PubAckResponse))]
internal sealed partial class PublishAnswerJson : JsonSerializerContext;
