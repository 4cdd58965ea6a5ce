// SPDX-License-Identifier: 0BSD
import { createRoot } from "react-dom/client";
import { App } from "./frame/App";
import { listen } from "./state/route";
import { applyTheme } from "./state/setup";
import "./style/paper.css";
import "./style/frame.css";
import "./style/desk.css";
import "./style/side.css";

applyTheme();
listen();
createRoot(document.getElementById("desk")!).render(<App />);
