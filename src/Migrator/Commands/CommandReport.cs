using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Portico.Migrator.Commands;

/// <summary>The output of a command: results as text or as one JSON document on standard output, notes on standard error.</summary>
internal sealed class CommandReport
{
    private const int WidthOfFiles = 160;

    // The output is not HTML, so '>' in SQL can stay readable.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private readonly IAnsiConsole? _console;
    private readonly JsonObject _document;
    private JsonObject _section;

    public CommandReport(string command, bool asJson, TextWriter output, TextWriter error)
    {
        _output = output;
        _error = error;
        _document = new JsonObject { ["command"] = command };
        _section = _document;
        if (asJson)
            return;

        var target = new AnsiConsoleOutput(output);
        _console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = target, Ansi = target.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No });
        if (!target.IsTerminal)
            _console.Profile.Width = WidthOfFiles;
    }

    /// <summary>Writes a note about the progress; it is not part of the result.</summary>
    public void Note(string text) => _error.WriteLine(text);

    /// <summary>Writes a line of the text result.</summary>
    public void Line(string text) => _console?.WriteLine(text);

    /// <summary>Writes a part of the text result.</summary>
    public void Show(IRenderable piece) => _console?.Write(piece);

    /// <summary>Writes a part of the result unchanged, without wrapping.</summary>
    public void Raw(string text)
    {
        if (_console is not null)
            _output.Write(text);
    }

    /// <summary>Shows the progress of work: a bar on a terminal, otherwise a note for each step.</summary>
    /// <param name="work">The work. It reports the name of the step, the number of finished steps and the total.</param>
    public async Task<T> WithProgress<T>(Func<Action<string, long, long>, Task<T>> work)
    {
        if (_console is { Profile.Out.IsTerminal: true })
        {
            return await _console.Progress().AutoClear(true).StartAsync(context =>
            {
                var bar = context.AddTask("");
                return work((step, done, total) => (bar.Description, bar.MaxValue, bar.Value) = (Markup.Escape(step), total, done));
            });
        }

        var before = "";
        return await work((step, done, total) =>
        {
            var remark = $"{done * 100 / total,3} % {step}";
            if (remark != before)
                Note(remark);
            before = remark;
        });
    }

    /// <summary>Begins the part of the JSON document about another database than that of Portico.</summary>
    public void Begin(string database) => _document[database] = _section = [];

    /// <summary>Sets a member of the JSON document, or of its present part.</summary>
    public void Set(string name, object value) => _section[name] = JsonSerializer.SerializeToNode(value, Json);

    /// <summary>Ends the report.</summary>
    public int End(ExitCode exitCode, string? error = null)
    {
        if (error is not null)
        {
            Note(error);
            _document["error"] = error;
        }

        if (_console is null)
        {
            _document.Insert(1, "exitCode", (int)exitCode);
            _output.WriteLine(_document.ToJsonString(Json));
        }

        return (int)exitCode;
    }
}
